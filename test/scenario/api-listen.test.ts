/** Where the API listens: a socket of the owner's own, and a port of this machine. */
import { lstat, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { publishPort, publishSocket } from '../../src/http/socket.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { call } from './api-call.ts';
import { startSmallServer } from './api-stand-ins.ts';

test('the socket is the owner’s alone and goes with the server', async () => {
  await using server = await startSmallServer();
  expect(((await lstat(server.path)).mode & 0o777).toString(8)).toBe('600');
  await server.stop();
  await expect(lstat(server.path)).rejects.toThrow('ENOENT');
});

test('a socket left by a crash is replaced; one that answers, or another file, is a clear problem', async () => {
  await using folder = await tempFolder();
  await using server = await startSmallServer();
  const publish = (path: string) => publishSocket({ kind: 'unix', path }, bindAt);
  const stale = join(folder.path, 'stale.sock');
  await bindAt(`${stale}.bound`);
  // A closed server takes its file with it; under another name it stays, as `kill -9` leaves it.
  await rename(`${stale}.bound`, stale);
  expect(await publish(stale)).toBe(stale);
  await expect(publish(server.path)).rejects.toThrow(/another server answers at .*api\.sock/);
  expect((await call(server.path, 'GET', '/health/live')).status).toBe(200);
  const file = join(folder.path, 'file');
  await writeFile(file, 'precious');
  await expect(publish(file)).rejects.toThrow(/is no socket/);
  await expect(publish(join(folder.path, 'x'.repeat(120)))).rejects.toThrow(/too long/);
});

/** Listens there for a moment. */
async function bindAt(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  await rename(path, `${path}.open`);
  await new Promise((resolve) => server.close(resolve));
  await rename(`${path}.open`, path);
}

test('a port of another machine, or one that is taken, is a clear problem', async () => {
  await using server = await startSmallServer();
  const listen = (at: { host: string; port: number }) =>
    new Promise<void>((resolve, reject) => {
      const other = createServer().once('error', reject);
      other.listen(at, () => other.close(() => resolve()));
    });
  const at = (host: string, port: number) => publishPort({ kind: 'tcp', host, port }, listen);
  await expect(at('127.0.0.1', server.port)).rejects.toThrow(
    `api.listen: 127.0.0.1:${server.port} is in use; stop what listens there or choose another port`,
  );
  await expect(at('0.0.0.0', 0)).rejects.toThrow(/0\.0\.0\.0:0 is not a port of this machine itself/);
  await expect(publishPort({ kind: 'unix', path: '/x' }, listen)).rejects.toThrow(/is not a port/);
  await at('127.0.0.1', 0);
});
