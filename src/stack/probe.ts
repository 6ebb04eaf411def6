/** Asks a service one thing over its socket, as its readiness probe does: any failure is just "not yet". */
import { request } from 'node:http';
import { connect } from 'node:net';
import { connectOptions, type Endpoint } from '../lib/endpoint.ts';

const LONGEST_ANSWER = 64 * 1024;

/** Sends `question` (empty: waits for a greeting) and resolves with the first answer; null: none within the time. */
export function ask(endpoint: Endpoint, question: string, signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect(connectOptions(endpoint));
    const done = (answer: string | null): void => {
      signal.removeEventListener('abort', abort);
      socket.destroy();
      resolve(answer);
    };
    const abort = (): void => done(null);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    socket.setEncoding('latin1');
    socket.setTimeout(2000, abort);
    socket.on('connect', () => question !== '' && socket.write(question));
    socket.on('data', (data) => done(String(data)));
    socket.on('error', abort);
    socket.on('close', abort);
  });
}

/** The body of `GET path`; null: no answer with status 200. */
export function askHttp(endpoint: Endpoint, path: string, signal: AbortSignal): Promise<string | null> {
  const where =
    endpoint.kind === 'unix' ? { socketPath: endpoint.path } : { host: endpoint.host, port: endpoint.port };
  return new Promise((resolve) => {
    const asked = request({ ...where, path, signal, timeout: 2000, agent: false }, (response) => {
      let body = '';
      response.setEncoding('latin1');
      response.on('data', (data) => {
        body += String(data);
        // What is asked may be anybody's, and we may be root's supervisor: it is not to fill our memory.
        if (body.length > LONGEST_ANSWER) response.destroy(new Error('too long an answer'));
      });
      response.on('end', () => resolve(response.statusCode === 200 ? body : null));
      response.on('error', () => resolve(null));
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(null));
    asked.end();
  });
}
