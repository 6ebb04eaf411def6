/** The listening sockets of the doors: binds every address of one, and names what stands in the way. */
import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import type { DoorSettings } from '../config/settings.ts';
import type { Log } from '../lib/log.ts';
import { errorCode, messageOf, Problem } from '../lib/problem.ts';
import type { Reply } from '../mail/reply.ts';
import { toLines } from './replies.ts';
import type { DoorName } from './session-types.ts';

export interface BoundAddress {
  readonly address: string;
  readonly port: number;
}

export interface PortOptions {
  readonly door: DoorName;
  readonly settings: DoorSettings;
  readonly log: Log;
  readonly onSocket: (socket: Socket) => void;
}

/** Binds all addresses of a door. Throws a Problem, with nothing left bound, when one cannot be had. */
export async function bindPorts(options: PortOptions): Promise<Server[]> {
  const { settings, door, log } = options;
  const servers: Server[] = [];
  const skipped: string[] = [];
  try {
    for (const address of settings.addresses) {
      const server = createServer({ noDelay: true }, options.onSocket);
      try {
        await bind(server, address, settings);
        server.on('error', (error) => log.warn({ err: error, door }, 'accepting connections failed'));
        servers.push(server);
      } catch (error) {
        if (!isMissingIpv6(error, address)) throw problemOf(error, door, settings.port, address);
        skipped.push(address);
      }
    }
    if (servers.length === 0) {
      throw new Problem(
        `doors.${door}.addresses: none of ${settings.addresses.join(', ')} is an address of this machine; name one that is`,
      );
    }
  } catch (error) {
    for (const server of servers) server.close();
    throw error;
  }
  if (skipped.length > 0) log.warn({ door, skipped }, 'this machine has no IPv6: addresses left out');
  return servers;
}

function bind(server: Server, host: string, settings: DoorSettings): Promise<void> {
  // With an IPv4 address beside it, "::" must leave IPv4 to that one.
  const ipv6Only = isIPv6(host) && settings.addresses.some((address) => !isIPv6(address));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port: settings.port, ipv6Only }, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

function isMissingIpv6(error: unknown, address: string): boolean {
  const code = errorCode(error);
  return isIPv6(address) && (code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL');
}

function problemOf(error: unknown, door: DoorName, port: number, address: string): unknown {
  switch (errorCode(error)) {
    case 'EADDRINUSE':
      return new Problem(
        `doors.${door}.port: ${port} on ${address} is taken by another program; stop it or choose another port`,
      );
    case 'EACCES':
      return new Problem(
        `doors.${door}.port: ${port} on ${address} is not permitted to this user; run as root or choose one above 1023`,
      );
    case 'EADDRNOTAVAIL':
      return new Problem(
        `doors.${door}.addresses: ${address} is not an address of this machine; name one that is`,
      );
    default:
      return new Problem(`doors.${door}: cannot listen on ${address}: ${messageOf(error)}`);
  }
}

export function boundAddress(server: Server): BoundAddress {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the server is not listening on a port');
  return { address: bound.address, port: bound.port };
}

/** Turns a socket away before a session is opened for it. */
export function refuseSocket(socket: Socket, implicitTls: boolean, reply: Reply): void {
  socket.on('error', () => {});
  // Where TLS comes first, nothing can be said in clear.
  if (implicitTls) {
    socket.destroy();
    return;
  }
  const [malay, english] = toLines(reply);
  socket.end(`${reply.code}-${malay}\r\n${reply.code} ${english}\r\n`, () => socket.destroy());
}
