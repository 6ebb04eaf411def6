/** What the holder of a token may have under way at the same time is bounded, whether he waits for it or not. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createApp } from '../../src/http/app.ts';
import { socketGate } from '../../src/http/authorize.ts';
import { NO_QUERY } from '../../src/http/queries.ts';
import { done, route } from '../../src/http/route.ts';
import { silentLog } from '../../src/lib/log.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { call, open } from './api-call.ts';
import { SECRET } from './api-directory-stand-in.ts';
import { startSmallServer } from './api-stand-ins.ts';

test('one token follows the log sixteen times and no more; others, the socket and its own requests go on', async () => {
  await using server = await startSmallServer();
  for (const name of ['one', 'two']) {
    await call(server.path, 'POST', '/tokens', { body: { name, right: 'read' } });
  }
  const as = (name: string) => ({ authorization: `Bearer ${SECRET}${name}` });
  const follow = (name: string) => open(server.port, 'GET', '/log/follow', as(name));
  const streams = await Promise.all(Array.from({ length: 16 }, () => follow('one')));
  expect(streams.map(({ statusCode }) => statusCode)).toEqual(streams.map(() => 200));
  expect(await call(server.port, 'GET', '/log/follow', { headers: as('one') })).toMatchObject({
    status: 429,
    body: { detail: '16 of these are under way; wait for one to end' },
  });
  const others = [await follow('two'), await open(server.path, 'GET', '/log/follow')];
  expect(others.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
  expect((await call(server.port, 'GET', '/log', { headers: as('one') })).status).toBe(200);

  streams[0]?.destroy();
  const again = await waitFor('a place', async () => {
    const response = await follow('one');
    if (response.statusCode === 200) return response;
    response.destroy();
    return undefined;
  });
  for (const response of [...streams, ...others, again]) response.destroy();
});

test('a request whose client has left counts until its work is done', async () => {
  await using folder = await tempFolder();
  const work = Promise.withResolvers<string>();
  let begun = 0;
  const slow = route({
    method: 'GET',
    url: '/slow',
    right: 'read',
    summary: '',
    query: NO_QUERY,
    body: null,
    good: { kind: 'text', status: 200, mediaType: 'text/plain' },
    problems: [],
    async handle() {
      begun++;
      return done(await work.promise);
    },
  });
  const app = createApp({
    routes: [slow],
    gate: socketGate,
    most: { requests: 2, streams: 1 },
    log: silentLog,
  });
  const path = join(folder.path, 's');
  await app.listen({ path });
  for (const count of [1, 2]) {
    void open(path, 'GET', '/slow', {}, (outgoing) => {
      outgoing.end();
      void waitFor('the request', async () => begun === count || undefined).then(() => outgoing.destroy());
    }).catch(() => {});
    await waitFor('the request', async () => begun === count || undefined);
  }
  expect((await call(path, 'GET', '/slow')).status).toBe(429);
  work.resolve('done');
  await waitFor('a place', async () => (await call(path, 'GET', '/slow')).status === 200 || undefined);
  await app.close(100);
});
