/**
 * Where the API can be reached. Its socket file appears under its name only when its rights are set (bound under another name, then
 * renamed over), so there is no moment at which somebody else could open it. What a crash left is replaced; a socket
 * at which somebody answers is not. TCP is for this machine alone: it is not encrypted.
 */
import { chmod, lstat, mkdir, rename, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { type Endpoint, formatEndpoint, MAX_SOCKET_PATH_BYTES } from '../lib/endpoint.ts';
import { errorCode, Problem } from '../lib/problem.ts';

/**
 * Binds by `listen`, which is given the path to use for the moment; resolves with the path that it has then. Throws a
 * Problem that names the cure.
 */
export async function publishSocket(
  endpoint: Endpoint,
  listen: (path: string) => Promise<unknown>,
): Promise<string> {
  if (endpoint.kind !== 'unix') {
    throw new Problem('services.api: must be the path of a Unix socket, whose file rights say who may call');
  }
  const { path } = endpoint;
  const temporary = `${path}.new`;
  if (Buffer.byteLength(temporary) > MAX_SOCKET_PATH_BYTES) {
    throw new Problem(
      `services.api: ${path} is too long for a Unix socket; at most ${MAX_SOCKET_PATH_BYTES - 4} octets`,
    );
  }
  await mkdir(dirname(path), { recursive: true });
  await checkFree(path);
  await rm(temporary, { force: true });
  await listen(temporary);
  await chmod(temporary, 0o600);
  await rename(temporary, path);
  return path;
}

/** Binds by `listen`. Throws a Problem that names the cure. */
export async function publishPort(
  endpoint: Endpoint,
  listen: (at: { host: string; port: number }) => Promise<unknown>,
): Promise<void> {
  const name = `api.listen: ${formatEndpoint(endpoint)}`;
  if (endpoint.kind !== 'tcp' || !/^(?:127(?:\.\d{1,3}){3}|::1)$/.test(endpoint.host)) {
    throw new Problem(`${name} is not a port of this machine itself; write it like "127.0.0.1:2580"`);
  }
  try {
    await listen({ host: endpoint.host, port: endpoint.port });
  } catch (error) {
    const cure = CURES[errorCode(error) ?? ''];
    throw cure === undefined ? error : new Problem(`${name} ${cure}`);
  }
}

const CURES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use; stop what listens there or choose another port',
  EADDRNOTAVAIL: 'is not an address of this machine; choose another one',
  EACCES: 'needs the right to open a port below 1024; choose another one',
};

async function checkFree(path: string): Promise<void> {
  const found = await lstat(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  });
  if (!found) return;
  if (!found.isSocket()) {
    throw new Problem(`services.api: ${path} is there and is no socket; remove it or choose another path`);
  }
  if (await answers(path)) {
    throw new Problem(`services.api: another server answers at ${path}; stop it or choose another path`);
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
