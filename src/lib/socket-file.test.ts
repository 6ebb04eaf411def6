/** A socket's file is there for its owner alone, and only when nobody else is. */
import { once } from 'node:events';
import { lstat, rename, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { publishSocket } from './socket-file.ts';

/** Listens there until it is disposed. */
async function listenAt(path: string): Promise<Server> {
  const server = createServer().listen(path);
  await once(server, 'listening');
  return server;
}

async function setUp() {
  const made = new AsyncDisposableStack();
  const folder = made.use(await tempFolder());
  const publish = async (path: string) => {
    const published = await publishSocket('services.link', { kind: 'unix', path }, async (at) => {
      made.use(await listenAt(at));
    });
    return made.use(published);
  };
  return { path: join(folder.path, 's.sock'), folder: folder.path, publish, made };
}

test('it is its owner’s alone, in a folder that is made, and goes when it is disposed', async () => {
  const { folder, publish, made } = await setUp();
  await using _made = made;
  const path = join(folder, 'run', 's.sock');
  const published = await publish(path);
  const file = await lstat(path);
  expect([file.isSocket(), (file.mode & 0o777).toString(8)]).toEqual([true, '600']);
  await published[Symbol.asyncDispose]();
  await expect(lstat(path)).rejects.toThrow('ENOENT');
});

test('what a crash left is replaced; one at which somebody answers is not', async () => {
  const { path, publish, made } = await setUp();
  await using _made = made;
  const other = await listenAt(`${path}.other`);
  await rename(`${path}.other`, path);
  await expect(publish(path)).rejects.toThrow(
    `services.link: another server answers at ${path}; stop it or choose another path`,
  );
  // Its file stays behind, as after a crash.
  await new Promise((resolve) => other.close(resolve));
  await publish(path);
});

test('another file is left alone, and a path that no socket can have is a clear problem', async () => {
  const { path, folder, publish, made } = await setUp();
  await using _made = made;
  await writeFile(path, 'precious');
  await expect(publish(path)).rejects.toThrow(`services.link: ${path} is there and is no socket; remove it`);
  await expect(publish(`${folder}/${'x'.repeat(100)}`)).rejects.toThrow(
    /too long for a Unix socket; at most 103/,
  );
});
