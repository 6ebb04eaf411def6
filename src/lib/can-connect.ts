/** Whether anything accepts connections at a place: the one question that needs no protocol. */
import { connect } from 'node:net';
import { connectOptions, type Endpoint } from './endpoint.ts';

export function canConnect(endpoint: Endpoint): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(connectOptions(endpoint));
    const end = (accepted: boolean): void => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
