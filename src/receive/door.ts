/** One door in service: a session for each connection, behind TLS where that comes first. */
import type { Socket } from 'node:net';
import type { CertificatePair } from '../lib/certificate-pair.ts';
import type { BoundDoor } from './bound-doors.ts';
import { createHandshakes } from './handshakes.ts';
import { createDoorServer } from './listener.ts';
import { replies } from './replies.ts';
import { createSession } from './session.ts';
import type { DoorName, Shared } from './session-types.ts';

export interface OpenDoor {
  /** Handshakes that begin from now on show this certificate; sessions that are open go on. */
  renew(pair: CertificatePair): void;
  /** No new connections; handshakes under way are broken off. */
  stop(): void;
  /** Cuts what is still open. */
  destroy(): void;
}

export function openDoor(shared: Shared, bound: BoundDoor, tls: CertificatePair): OpenDoor {
  const { settings, log } = shared;
  const { limits } = settings;
  const { name } = bound;
  const implicitTls = name === 'submissions';
  const handshakes = createHandshakes({ tls, limits, log });
  const server = createDoorServer({
    hostname: settings.hostname,
    implicitTls,
    tls,
    limits,
    log,
    openSession: (link) => createSession(shared, name, link),
  });
  bound.open({
    take(socket: Socket, leave) {
      if (!implicitTls) server.accept(socket, leave);
      else handshakes.begin(socket, (secured) => (secured ? server.accept(secured, leave) : leave()));
    },
    crowded: (address) => noteCrowd(shared, name, address),
  });
  return {
    renew(pair) {
      handshakes.renew(pair);
      server.renew(pair);
    },
    stop: () => handshakes.destroy(),
    destroy: () => server.destroy(),
  };
}

function noteCrowd(shared: Shared, door: DoorName, address: string): void {
  const client = { address, helo: '', tls: null };
  const session = { door, client, login: null, sender: undefined };
  shared.refusals.note({ session, command: '', reply: replies.tooManyConnections, recipient: null });
}
