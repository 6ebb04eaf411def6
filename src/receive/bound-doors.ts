/**
 * The doors before and while they are served: bound ports, and the count of their connections. Binding asks for the
 * settings alone, so that it can be done as root, before anything else is there. Connections that come before a door is
 * opened are kept without a banner, under the same limits as later. A connection counts from the accepted socket to its
 * close, waiting and handshake included.
 */
import type { Socket } from 'node:net';
import type { Settings } from '../config/settings.ts';
import type { Log } from '../lib/log.ts';
import { createConnectionCounts, type TotalCount } from './limits.ts';
import { type BoundAddress, bindPorts, boundAddress, refuseSocket } from './ports.ts';
import { replies } from './replies.ts';
import type { DoorName } from './session-types.ts';
import { createWaitingRoom } from './waiting-room.ts';

/** Anybody may come to mx: the rest of the connections is left to those who log in. */
const MX_SHARE = 0.8;
const DOORS: readonly DoorName[] = ['mx', 'submission', 'submissions'];

export type BoundAddresses = Readonly<Record<DoorName, readonly BoundAddress[]>>;

/** Disposing closes the ports and tells those who still wait; who has been handed over is the host's. */
export interface BoundDoors extends AsyncDisposable {
  readonly addresses: BoundAddresses;
  /** Those that the settings enable. */
  readonly doors: readonly BoundDoor[];
}

export interface BoundDoor {
  readonly name: DoorName;
  /** Connections that are open, those that wait included. */
  readonly connections: number;
  /** Hands over those that wait, then each one that comes. Called once. */
  open(host: Host): void;
  /** Lets nobody in any more, and tells those that wait. */
  stop(): void;
}

/** Who serves the connections of a door. */
export interface Host {
  /** `leave` is to be called once, when the connection is gone. */
  take(socket: Socket, leave: () => void): void;
  /** One from this address was turned away. */
  crowded(address: string): void;
}

export interface BindDeps {
  /** Limits are read with each connection, so that a change takes effect. */
  readonly settings: Pick<Settings, 'doors' | 'limits'>;
  readonly log: Log;
}

/** Throws a Problem, with nothing left bound, when an address or port cannot be had. */
export async function bindDoors(deps: BindDeps): Promise<BoundDoors> {
  const { limits, doors: wanted } = deps.settings;
  const total: TotalCount = {
    open: 0,
    get limit() {
      return limits.connections;
    },
  };
  const doors: PortDoor[] = [];
  const addresses: Record<DoorName, readonly BoundAddress[]> = { mx: [], submission: [], submissions: [] };
  try {
    for (const name of DOORS) {
      if (!wanted[name].enabled) continue;
      const door = await bindDoor(deps, name, total);
      doors.push(door);
      addresses[name] = door.addresses;
    }
  } catch (error) {
    for (const door of doors) door.stop();
    throw error;
  }
  return {
    addresses,
    doors,
    async [Symbol.asyncDispose]() {
      for (const door of doors) door.stop();
      await Promise.all(doors.map((door) => door.emptied()));
    },
  };
}

interface PortDoor extends BoundDoor {
  readonly addresses: readonly BoundAddress[];
  /** Resolves when nobody waits any more. */
  emptied(): Promise<void>;
}

async function bindDoor({ settings, log }: BindDeps, name: DoorName, total: TotalCount): Promise<PortDoor> {
  const door = settings.doors[name];
  const implicitTls = name === 'submissions';
  const counts = createConnectionCounts(total);
  const waiting = createWaitingRoom(implicitTls);
  let host: Host | null = null;
  let connections = 0;
  let turnedAway = 0;
  let stopped = false;

  const most = (): number => (name === 'mx' ? Math.max(1, Math.floor(MX_SHARE * total.limit)) : total.limit);
  const onSocket = (socket: Socket): void => {
    // Only the socket's peer counts; an IPv4 client of a dual listener is the same client.
    const address = socket.remoteAddress?.replace(/^::ffff:/i, '');
    // Gone before we looked, or come while we leave.
    if (address === undefined || stopped) {
      socket.destroy();
      return;
    }
    const leave = connections < most() ? counts.enter(address, door.maxConnectionsPerAddress) : null;
    if (!leave) {
      turnedAway++;
      host?.crowded(address);
      refuseSocket(socket, implicitTls, replies.tooManyConnections);
      return;
    }
    connections++;
    const closed = (): void => {
      connections--;
      leave();
    };
    if (host) host.take(socket, closed);
    else waiting.add(socket, closed);
  };

  const servers = await bindPorts({ door: name, settings: door, log, onSocket });
  return {
    name,
    addresses: servers.map(boundAddress),
    get connections() {
      return connections;
    },
    open(opener) {
      if (stopped) return;
      host = opener;
      if (turnedAway > 0)
        log.warn({ door: name, connections: turnedAway }, 'turned away before the door was opened');
      waiting.handOver((socket, leave) => opener.take(socket, leave));
    },
    stop() {
      if (stopped) return;
      stopped = true;
      for (const server of servers) server.close();
      waiting.turnAway();
    },
    emptied: () => waiting.emptied(),
  };
}
