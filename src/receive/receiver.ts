/**
 * The doors together: mx for other servers, submission and submissions for people and applications. Listens, and
 * stops so that nobody is cut off without a word: idle sessions get a `421` at once, a message that is being
 * read too, and one whose last octet has come gets its true answer first.
 */
import type { Server, Socket } from 'node:net';
import { createLifecycle } from '../lib/lifecycle.ts';
import { createConnectionCounts } from './limits.ts';
import { createDoorServer, type DoorServer } from './listener.ts';
import { createLoginGuard } from './login-guard.ts';
import { admitSocket, type BoundAddress, bindDoor, boundAddress, createHandshakes } from './ports.ts';
import { createRefusals } from './refusals.ts';
import { replies } from './replies.ts';
import { createSession } from './session.ts';
import type { DoorName, ReceiverDeps, Shared } from './session-types.ts';

export type { ReceiverDeps } from './session-types.ts';
export type BoundAddresses = Readonly<Record<DoorName, readonly BoundAddress[]>>;

export interface Receiver extends AsyncDisposable {
  /** Opens the doors that are enabled. Throws a Problem when a port or address cannot be had; none is open then. */
  listen(): Promise<BoundAddresses>;
  /** Empty before `listen`. */
  readonly addresses: BoundAddresses;
}

const DOORS: readonly DoorName[] = ['mx', 'submission', 'submissions'];
/** A stop takes less than 30 s in all; what hangs longer than this is cut. */
const STOP_MS = 25_000;
const STOP_STEP_MS = 20;

export function createReceiver(deps: ReceiverDeps): Receiver {
  const { settings, log, clock } = deps;
  const own = createLifecycle();
  const shared: Shared = {
    ...deps,
    // Both stops are one: the server's, and the disposal of the receiver alone.
    lifecycle: { stopping: own.stopping, begin: (label) => beginBoth(label), stop: own.stop },
    loginGuard: createLoginGuard(settings.limits, clock),
    refusals: createRefusals(deps),
  };
  const total = { open: 0, limit: settings.limits.connections };
  const listening: Server[] = [];
  const sockets = new Set<Socket>();
  const doors: DoorServer[] = [];
  let addresses: BoundAddresses = { mx: [], submission: [], submissions: [] };

  function beginBoth(label: string): Disposable | null {
    const mine = own.begin(label);
    const servers = mine && deps.lifecycle ? deps.lifecycle.begin(label) : mine;
    if (!mine || !servers) {
      mine?.[Symbol.dispose]();
      return null;
    }
    return {
      [Symbol.dispose]() {
        mine[Symbol.dispose]();
        servers[Symbol.dispose]();
      },
    };
  }

  const beginStop = (): void => {
    for (const server of listening) server.close();
    void own.stop(0);
  };
  deps.lifecycle?.stopping.addEventListener('abort', beginStop, { once: true });

  const onSocketOf = (door: DoorName): ((socket: Socket) => void) => {
    const implicitTls = door === 'submissions';
    const server = createDoorServer({
      hostname: settings.hostname,
      implicitTls,
      tls: deps.tls,
      limits: settings.limits,
      log,
      openSession: (link) => createSession(shared, door, link),
    });
    doors.push(server);
    const handshake = createHandshakes({
      tls: deps.tls,
      limits: settings.limits,
      log,
      onSecure: server.accept,
    });
    const counts = createConnectionCounts(total);
    return (socket) => {
      const admitted = admitSocket(socket, {
        counts,
        perAddress: settings.doors[door].maxConnectionsPerAddress,
        implicitTls,
        stopping: own.stopping,
        refused: (address) => noteCrowd(door, address),
      });
      if (!admitted) return;
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      if (implicitTls) handshake(socket);
      else server.accept(socket);
    };
  };

  const noteCrowd = (door: DoorName, address: string): void => {
    const client = { address, helo: '', tls: null };
    shared.refusals.note({
      session: { door, client, login: null, sender: undefined },
      command: '',
      reply: replies.tooManyConnections,
      recipient: null,
    });
  };

  return {
    async listen() {
      const bound: Record<DoorName, BoundAddress[]> = { mx: [], submission: [], submissions: [] };
      try {
        for (const door of DOORS) {
          const doorSettings = settings.doors[door];
          if (!doorSettings.enabled) continue;
          const servers = await bindDoor({ door, settings: doorSettings, log, onSocket: onSocketOf(door) });
          listening.push(...servers);
          bound[door] = servers.map(boundAddress);
        }
      } catch (error) {
        for (const server of listening.splice(0)) server.close();
        throw error;
      }
      addresses = bound;
      return addresses;
    },
    get addresses() {
      return addresses;
    },
    async [Symbol.asyncDispose]() {
      beginStop();
      deps.lifecycle?.stopping.removeEventListener('abort', beginStop);
      const cutAt = clock.elapsedMs() + STOP_MS;
      while (sockets.size > 0 && clock.elapsedMs() < cutAt) await clock.sleep(STOP_STEP_MS);
      if (sockets.size > 0) log.warn({ connections: sockets.size }, 'stopping: connections cut');
      for (const door of doors) door.destroy();
      for (const socket of sockets) socket.destroy();
    },
  };
}
