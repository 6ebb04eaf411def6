import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { askHttp } from './probe.ts';

test('an answer is its body; one without an end is none, and is not read on', async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, 's');
  let closed = 0;
  const server = createServer((request, response) => {
    if (request.url === '/ping') return response.end('pong');
    const more = (): void => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
    };
    response.on('drain', more).on('close', () => closed++);
    more();
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const { signal } = new AbortController();
  expect(await askHttp({ kind: 'unix', path }, '/ping', signal)).toBe('pong');
  expect(await askHttp({ kind: 'unix', path }, '/endless', signal)).toBe(null);
  await new Promise((resolve) => server.close(resolve));
  await waitFor('the end of it', async () => closed === 1 || undefined);
});
