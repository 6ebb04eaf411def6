/** Who may call what: every route, with every right, on both listeners. What is not named here is refused (P4, P8). */
import { expect, test } from 'vitest';
import { createApp } from '../../src/http/app.ts';
import { createTokenGate, mayCall, type Right, requireRight, socketGate } from '../../src/http/authorize.ts';
import { NO_QUERY } from '../../src/http/queries.ts';
import { done, type Route, route } from '../../src/http/route.ts';
import { type Log, silentLog } from '../../src/lib/log.ts';
import { call, open, type Place } from './api-call.ts';
import { SECRET } from './api-directory-stand-in.ts';
import { fixedClock, ID, type SmallServer, startSmallServer } from './api-stand-ins.ts';

/** By hand, and not from the routes: a route that comes without a line here fails the test. */
const NEEDED: readonly (readonly [Right, string, string])[] = [
  ['anyone', 'GET', '/health/live'],
  ['anyone', 'GET', '/health/ready'],
  ['anyone', 'GET', '/openapi.json'],
  ['metrics', 'GET', '/metrics'],
  ['read', 'GET', '/status'],
  ['read', 'GET', '/log'],
  ['read', 'GET', '/log/follow'],
  ['read', 'GET', '/log/messages/{id}'],
  ['read', 'GET', '/queue'],
  ['read', 'GET', '/queue/{id}'],
  ['read', 'GET', '/quarantine'],
  ['read', 'GET', '/quarantine/{id}'],
  ['read', 'GET', '/quarantine/{id}/contents'],
  ['read', 'GET', '/agencies'],
  ['read', 'GET', '/agencies/{code}'],
  ['read', 'GET', '/users'],
  ['read', 'GET', '/users/{address}'],
  ['read', 'GET', '/tokens'],
  ['operator', 'POST', '/queue/retry'],
  ['operator', 'POST', '/queue/hold'],
  ['operator', 'POST', '/queue/release'],
  ['operator', 'POST', '/queue/drop'],
  ['operator', 'POST', '/quarantine/{id}/release'],
  ['operator', 'DELETE', '/quarantine/{id}'],
  ['operator', 'POST', '/policy/test'],
  ['operator', 'POST', '/agencies'],
  ['operator', 'PATCH', '/agencies/{code}'],
  ['operator', 'POST', '/users'],
  ['operator', 'PATCH', '/users/{address}'],
  ['operator', 'POST', '/users/{address}/password'],
  ['operator', 'POST', '/tokens'],
  ['operator', 'DELETE', '/tokens/{name}'],
];
const RANKS: readonly Right[] = ['anyone', 'metrics', 'read', 'operator'];

function bearer(name: string) {
  return { authorization: `Bearer ${SECRET}${name}` };
}

async function startWithTokens(log: Log = silentLog): Promise<SmallServer> {
  const server = await startSmallServer({ log });
  for (const right of ['metrics', 'read', 'operator']) {
    await call(server.path, 'POST', '/tokens', { body: { name: right, right } });
  }
  return server;
}

/** The status alone: the answer of `/log/follow` has no end. */
async function statusOf(at: Place, method: string, url: string, headers = {}): Promise<number> {
  const response = await open(at, method, url.replace(/\{\w+\}/, ID), headers);
  response.destroy();
  return response.statusCode ?? 0;
}

test('the routes are those named here, and each says in the document which right it needs', async () => {
  await using server = await startSmallServer();
  const { paths } = (await call(server.path, 'GET', '/openapi.json')).body as {
    paths: Record<string, Record<string, { security: { token: string[] }[] }>>;
  };
  const described = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { security }]) => {
      return [security[0]?.token[0] ?? 'anyone', method.toUpperCase(), path];
    }),
  );
  expect(described.toSorted()).toEqual(NEEDED.toSorted());
});

test('over TCP every route is open to those who have its right or a wider one, and to nobody else', async () => {
  await using server = await startWithTokens();
  for (const [needed, method, url] of NEEDED) {
    for (const right of RANKS) {
      const status = await statusOf(server.port, method, url, right === 'anyone' ? {} : bearer(right));
      const what = `${method} ${url} as ${right}`;
      if (RANKS.indexOf(right) >= RANKS.indexOf(needed)) expect([401, 403], what).not.toContain(status);
      else expect(status, what).toBe(right === 'anyone' ? 401 : 403);
    }
  }
});

test('over the socket every route is open, with any token or none', async () => {
  await using server = await startWithTokens();
  for (const [, method, url] of NEEDED) {
    for (const headers of [{}, bearer('metrics'), bearer('nonsense')]) {
      expect([401, 403, 421], `${method} ${url}`).not.toContain(
        await statusOf(server.path, method, url, headers),
      );
    }
  }
});

test('a token that is missing, wrong or removed is 401 with a challenge; one that does not suffice is 403', async () => {
  await using server = await startWithTokens();
  const ask = (headers: Record<string, string>) => call(server.port, 'GET', '/status', { headers });
  expect(await ask({})).toMatchObject({
    status: 401,
    type: 'application/problem+json; charset=utf-8',
    headers: { 'www-authenticate': 'Bearer realm="geganti"' },
    body: { detail: 'a token is needed: Authorization: Bearer …' },
  });
  const invalid = {
    status: 401,
    headers: { 'www-authenticate': 'Bearer realm="geganti", error="invalid_token"' },
  };
  expect(await ask(bearer('nonsense'))).toMatchObject(invalid);
  expect((await ask({ authorization: `Basic ${SECRET}read` })).status).toBe(401);
  expect(await ask(bearer('metrics'))).toMatchObject({
    status: 403,
    headers: { 'www-authenticate': 'Bearer realm="geganti", error="insufficient_scope"' },
    body: { detail: 'this needs the right "read"' },
  });
  expect((await ask(bearer('read'))).status).toBe(200);
  await call(server.path, 'DELETE', '/tokens/read');
  expect(await ask(bearer('read'))).toMatchObject(invalid);
});

test('over TCP only names of this machine itself are answered, whatever the token', async () => {
  await using server = await startWithTokens();
  const ask = async (host: string, url = '/status') =>
    (await call(server.port, 'GET', url, { headers: { ...bearer('operator'), host } })).status;
  for (const host of ['localhost', 'LOCALHOST:2580', '127.0.0.1:2580', '127.1.2.3', '[::1]:2580', '[::1]']) {
    expect(await ask(host), host).toBe(200);
  }
  for (const host of [
    'rebound.example',
    '127.0.0.1.rebound.example',
    'localhost.rebound.example:80',
    '10.0.0.1',
    'x@localhost',
  ]) {
    expect(await ask(host), host).toBe(421);
    expect(await ask(host, '/health/live'), host).toBe(421);
    expect(await ask(host, '/nothing'), host).toBe(421);
  }
});

test('no answer invites a page of another origin or a cache', async () => {
  await using server = await startWithTokens();
  const origin = { origin: 'https://rebound.example', ...bearer('operator') };
  for (const url of ['/status', '/nothing', '/health/live']) {
    const { headers } = await call(server.port, 'GET', url, { headers: origin });
    expect(headers, url).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    expect(
      Object.keys(headers).filter((name) => name.startsWith('access-control')),
      url,
    ).toEqual([]);
  }
});

test('wrong tokens are told in the log with the peer and their number, now and then, and never the token', async () => {
  const told: object[] = [];
  let elapsed = 0;
  const log: Log = { ...silentLog, warn: (facts) => void told.push(facts) };
  const gate = createTokenGate({
    directory: { findToken: async () => null },
    clock: { ...fixedClock, elapsedMs: () => elapsed },
    log,
  });
  const attempt = (peer: string) =>
    gate({ right: 'read', host: 'localhost', authorization: 'Bearer gt-secret', peer });
  await attempt('127.0.0.1:1');
  for (let n = 0; n < 1_000; n++) await attempt('127.0.0.1:2');
  expect(told).toEqual([{ peer: '127.0.0.1:1', attempts: 1 }]);
  elapsed = 10_000;
  await attempt('127.0.0.1:3');
  expect(told).toEqual([
    { peer: '127.0.0.1:1', attempts: 1 },
    { peer: '127.0.0.1:3', attempts: 1_001 },
  ]);
});

test('a change over TCP carries the name of its token', async () => {
  const told: object[] = [];
  await using server = await startWithTokens({ ...silentLog, info: (facts) => void told.push(facts) });
  told.length = 0;
  await call(server.port, 'DELETE', '/tokens/metrics', { headers: bearer('operator') });
  expect(told).toMatchObject([{ by: 'token operator', url: '/tokens/:name', params: { name: 'metrics' } }]);
  expect(JSON.stringify(told)).not.toContain(SECRET);
});

test('a route that does not say what it needs is not registered, and no right means no', async () => {
  const good = { kind: 'text', status: 200, mediaType: 'text/plain' } as const;
  const head = { method: 'GET', url: '/secret', summary: '', query: NO_QUERY, body: null, good } as const;
  const whole = route({ ...head, right: 'read', problems: [], handle: async () => done('') });
  const { right: _, ...bare } = whole;
  const routes = [bare as Route];
  expect(() => createApp({ routes, gate: socketGate, most: null, log: silentLog })).toThrow(
    /GET \/secret does not declare which right/,
  );
  expect(() => requireRight('GET', '/x', 'everybody')).toThrow(/does not declare/);
  const caller = { name: 'x', right: 'operator' } as const;
  expect(mayCall(caller, undefined)).toBe(false);
  expect(mayCall({ ...caller, right: 'anyone' }, 'metrics')).toBe(false);
  const nowhere = { right: 'anyone', host: undefined, authorization: undefined, peer: '' } as const;
  const deps = { directory: { findToken: async () => null }, clock: fixedClock, log: silentLog };
  expect(await createTokenGate(deps)(nowhere)).toMatchObject({ kind: 'refused', status: 421 });
  expect(
    await socketGate({ right: undefined, host: undefined, authorization: undefined, peer: '' }),
  ).toMatchObject({
    kind: 'refused',
  });
});
