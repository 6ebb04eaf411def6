/** Where the API listens: a socket of the owner's own, and a port of this machine. */
import { lstat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { publishPort } from '../../src/http/loopback-port.ts';
import { startSmallServer } from './api-stand-ins.ts';

test('the socket is the owner’s alone and goes with the server', async () => {
  await using server = await startSmallServer();
  expect(((await lstat(server.path)).mode & 0o777).toString(8)).toBe('600');
  await server.stop();
  await expect(lstat(server.path)).rejects.toThrow('ENOENT');
});

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
