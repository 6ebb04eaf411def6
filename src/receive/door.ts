/**
 * One door: its sockets, the count of its connections, and a session for each. A connection counts from the accepted
 * socket to its close, handshake included.
 */
import type { Server, Socket } from 'node:net';
import { createConnectionCounts } from './limits.ts';
import { createDoorServer } from './listener.ts';
import { type BoundAddress, bindDoor, boundAddress, createHandshakes, refuseSocket } from './ports.ts';
import { replies } from './replies.ts';
import { createSession } from './session.ts';
import type { DoorName, Shared } from './session-types.ts';

/** Anybody may come to mx: the rest of the connections is left to those who log in. */
const MX_SHARE = 0.8;

export interface OpenDoor {
  readonly addresses: readonly BoundAddress[];
  /** Connections that are open. */
  readonly connections: number;
  /** No new connections; handshakes under way are broken off. */
  stop(): void;
  /** Cuts what is still open. */
  destroy(): void;
}

/** Throws a Problem, with nothing left open, when an address or port cannot be had. */
export async function openDoor(
  shared: Shared,
  door: DoorName,
  total: { open: number; readonly limit: number },
): Promise<OpenDoor> {
  const { settings, log, tls, lifecycle } = shared;
  const { limits } = settings;
  const { maxConnectionsPerAddress } = settings.doors[door];
  const mostHere = door === 'mx' ? Math.max(1, Math.floor(MX_SHARE * total.limit)) : total.limit;
  const implicitTls = door === 'submissions';
  const counts = createConnectionCounts(total);
  const handshakes = createHandshakes({ tls, limits, log });
  const server = createDoorServer({
    hostname: settings.hostname,
    implicitTls,
    tls,
    limits,
    log,
    openSession: (link) => createSession(shared, door, link),
  });
  let connections = 0;

  const onSocket = (socket: Socket): void => {
    // Only the socket's peer counts; an IPv4 client of a dual listener is the same client.
    const address = socket.remoteAddress?.replace(/^::ffff:/i, '');
    // Gone before we looked, or come while we leave.
    if (address === undefined || lifecycle.stopping.aborted) {
      socket.destroy();
      return;
    }
    const leave = connections < mostHere ? counts.enter(address, maxConnectionsPerAddress) : null;
    if (!leave) {
      noteCrowd(shared, door, address);
      refuseSocket(socket, implicitTls);
      return;
    }
    connections++;
    const closed = (): void => {
      connections--;
      leave();
    };
    if (!implicitTls) server.accept(socket, closed);
    else handshakes.begin(socket, (secured) => (secured ? server.accept(secured, closed) : closed()));
  };

  const servers: Server[] = await bindDoor({ door, settings: settings.doors[door], log, onSocket });
  return {
    addresses: servers.map(boundAddress),
    get connections() {
      return connections;
    },
    stop() {
      for (const listening of servers) listening.close();
      handshakes.destroy();
    },
    destroy: () => server.destroy(),
  };
}

function noteCrowd(shared: Shared, door: DoorName, address: string): void {
  const client = { address, helo: '', tls: null };
  const session = { door, client, login: null, sender: undefined };
  shared.refusals.note({ session, command: '', reply: replies.tooManyConnections, recipient: null });
}
