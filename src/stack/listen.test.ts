import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { checkEndpoint, choosePort, findProgram } from './listen.ts';

test('a program that is not installed is named with the cure', async () => {
  await expect(findProgram('no-such-program')).rejects.toThrow(
    'no-such-program: is not installed; run: node bin/setup.js',
  );
});

test('a socket path of more than 107 octets is refused before anything starts', async () => {
  const path = `/tmp/${'x'.repeat(103)}`;
  await expect(checkEndpoint('services.redis', { kind: 'unix', path })).rejects.toThrow(
    `services.redis: "${path}" has 108 octets and a socket takes 107; set a shorter data folder`,
  );
});

test('a socket that another program serves is not taken from it', async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, 's.sock');
  const other = createServer().listen(path);
  await new Promise((resolve) => other.once('listening', resolve));
  await expect(checkEndpoint('services.redis', { kind: 'unix', path })).rejects.toThrow(
    'is used by another program',
  );
  await new Promise((resolve) => other.close(resolve));
});

test('a service on another machine is not ours to start', async () => {
  const endpoint = { kind: 'tcp', host: '192.0.2.1', port: 6379 } as const;
  await expect(checkEndpoint('services.redis', endpoint)).rejects.toThrow(
    'services.redis: 192.0.2.1:6379 is not on this machine',
  );
});

test('addresses that this machine lacks are left out', async () => {
  const chosen = await choosePort('stack.imap.port', ['192.0.2.1', '127.0.0.1'], 0);
  expect(chosen.addresses).toEqual(['127.0.0.1']);
  expect(chosen.port).toBeGreaterThan(0);
  await expect(choosePort('stack.imap.port', ['192.0.2.1'], 0)).rejects.toThrow(
    'stack.imap.addresses: "192.0.2.1"',
  );
});
