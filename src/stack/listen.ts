/**
 * Checks before anything is started, so that a wrong setting is one clear line and not a program that ends at once:
 * programs exist, ports are free, socket paths fit. Each failure is a Problem.
 */
import { access, constants } from 'node:fs/promises';
import { createServer, isIP } from 'node:net';
import { join } from 'node:path';
import { canConnect } from '../lib/can-connect.ts';
import { type Endpoint, formatEndpoint, MAX_SOCKET_PATH_BYTES } from '../lib/endpoint.ts';
import { errorCode, messageOf, Problem } from '../lib/problem.ts';

const searched = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

export async function findProgram(name: string): Promise<string> {
  for (const folder of searched) {
    const path = join(folder, name);
    const there = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (there) return path;
  }
  throw new Problem(`${name}: is not installed; run: node bin/setup.js`);
}

/** A service of ours: on a Unix socket, or on a loopback port. */
export async function checkEndpoint(key: string, endpoint: Endpoint): Promise<void> {
  const shown = formatEndpoint(endpoint);
  if (endpoint.kind === 'unix') {
    checkSocketPath(key, endpoint.path);
    if (await canConnect(endpoint)) {
      throw new Problem(`${key}: ${shown} is used by another program; set another path`);
    }
    return;
  }
  if (!isLoopback(endpoint.host)) {
    throw new Problem(`${key}: ${shown} is not on this machine; set a Unix socket or a port on 127.0.0.1`);
  }
  await tryPort(key, endpoint.host, endpoint.port);
}

export function checkSocketPath(key: string, path: string): void {
  const bytes = Buffer.byteLength(path);
  if (bytes <= MAX_SOCKET_PATH_BYTES) return;
  throw new Problem(
    `${key}: "${path}" has ${bytes} octets and a socket takes ${MAX_SOCKET_PATH_BYTES}; set a shorter data folder`,
  );
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** The port itself, or for 0 a free one, on each address. Addresses that this machine lacks are left out. */
export async function choosePort(
  key: string,
  addresses: readonly string[],
  port: number,
): Promise<{ port: number; addresses: string[] }> {
  const usable: string[] = [];
  let chosen = port;
  for (const address of addresses) {
    const bound = await tryPort(key, address, chosen);
    if (bound === null) continue;
    chosen = bound;
    usable.push(address);
  }
  if (usable.length === 0) {
    throw new Problem(
      `stack.imap.addresses: "${addresses.join(', ')}" is not of this machine; set 127.0.0.1`,
    );
  }
  return { port: chosen, addresses: usable };
}

/** Listens for a moment; the port, or null when the machine has no such address. */
async function tryPort(key: string, host: string, port: number): Promise<number | null> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, exclusive: true }, resolve);
    });
    const address = server.address();
    return typeof address === 'object' && address ? address.port : port;
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT') return null;
    if (code === 'EADDRINUSE')
      throw new Problem(`${key}: ${port} is taken by another program; set another port`);
    if (code === 'EACCES')
      throw new Problem(`${key}: ${port} may only be opened by root; set a port above 1023`);
    throw new Problem(`${key}: ${port} cannot be opened on ${host} (${messageOf(error)}); set another port`);
  } finally {
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  }
}
