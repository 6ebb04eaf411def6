/** Connections that came before their door was opened: kept without a banner, and nothing is read of them. */
import type { Socket } from 'node:net';
import { refuseSocket } from './ports.ts';
import { replies } from './replies.ts';

export interface WaitingRoom {
  /** `leave` is called when the client goes before it is handed over. */
  add(socket: Socket, leave: () => void): void;
  /** From then on each one is the taker's, with its `leave`. */
  handOver(take: (socket: Socket, leave: () => void) => void): void;
  /** Tells all that the server stops. */
  turnAway(): void;
  /** Resolves when nobody is here any more. */
  emptied(): Promise<void>;
}

interface Guest {
  readonly leave: () => void;
  readonly gone: () => void;
}

export function createWaitingRoom(implicitTls: boolean): WaitingRoom {
  const guests = new Map<Socket, Guest>();
  return {
    add(socket, leave) {
      const gone = (): void => {
        guests.delete(socket);
        leave();
      };
      guests.set(socket, { leave, gone });
      socket.on('error', ignore);
      socket.once('close', gone);
    },
    handOver(take) {
      for (const [socket, { leave, gone }] of guests) {
        // One that is going already leaves by its close.
        if (socket.destroyed) continue;
        guests.delete(socket);
        socket.removeListener('close', gone);
        socket.removeListener('error', ignore);
        take(socket, leave);
      }
    },
    turnAway() {
      for (const socket of guests.keys()) refuseSocket(socket, implicitTls, replies.stopping);
    },
    async emptied() {
      const closes = [...guests.keys()].map(
        (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
      );
      await Promise.all(closes);
    },
  };
}

function ignore(): void {
  // A client that breaks off is no error of ours; its close follows.
}
