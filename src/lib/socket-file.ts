/**
 * The file of a Unix socket on which we listen. It appears under its name only when its rights are set (bound under
 * another name, then renamed over), so there is no moment at which somebody else could open it. What a crash left is
 * replaced; a socket at which somebody answers is not.
 */
import { chmod, lstat, mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { canConnect } from './can-connect.ts';
import { MAX_SOCKET_PATH_BYTES, type UnixSocket } from './endpoint.ts';
import { errorCode, Problem } from './problem.ts';

/**
 * Binds by `listen`, which is given the path to use for the moment. Throws a Problem that names the setting `key` and
 * the cure. Disposing removes the file.
 */
export async function publishSocket(
  key: string,
  { path }: UnixSocket,
  listen: (path: string) => Promise<unknown>,
): Promise<AsyncDisposable> {
  const temporary = `${path}.new`;
  if (Buffer.byteLength(temporary) > MAX_SOCKET_PATH_BYTES) {
    const most = MAX_SOCKET_PATH_BYTES - '.new'.length;
    throw new Problem(`${key}: ${path} is too long for a Unix socket; at most ${most} octets`);
  }
  await mkdir(dirname(path), { recursive: true });
  await checkFree(key, path);
  await rm(temporary, { force: true });
  await listen(temporary);
  await chmod(temporary, 0o600);
  await rename(temporary, path);
  return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
}

async function checkFree(key: string, path: string): Promise<void> {
  const found = await lstat(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  });
  if (!found) return;
  if (!found.isSocket()) {
    throw new Problem(`${key}: ${path} is there and is no socket; remove it or choose another path`);
  }
  if (await canConnect({ kind: 'unix', path })) {
    throw new Problem(`${key}: another server answers at ${path}; stop it or choose another path`);
  }
}
