/** The API answers on a socket that only its owner can open, and holds nobody's slowness in memory. */
import { lstat, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createApi } from '../../src/http/api.ts';
import { createApp } from '../../src/http/app.ts';
import { mayCall, requireRight } from '../../src/http/authorize.ts';
import type { Route } from '../../src/http/route.ts';
import { type Log, silentLog } from '../../src/lib/log.ts';
import { newMessageId } from '../../src/mail/message-id.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import {
  BOUNCE,
  envelope,
  healthyStatus,
  ID,
  NOW,
  recordPath,
  SITI,
  startSmallServer,
} from './api-stand-ins.ts';

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: Record<string, unknown>;
}

function call(path: string, method: string, url: string, body?: unknown): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const outgoing = request({ socketPath: path, method, path: url, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        const type = response.headers['content-type'] ?? '';
        resolve({ status: response.statusCode ?? 0, type, body: JSON.parse(text) });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}

const newAgency = { code: 'moh', name: 'Health', domains: ['moh.example'], gradeScheme: 'classic' };
const newUser = { address: 'ali@moh.example', name: 'Ali', grade: 'N29' };

test('agencies and users are added, listed by agency, and refused with the reason', async () => {
  await using server = await startSmallServer();
  const ask = (method: string, url: string, body?: unknown) => call(server.path, method, url, body);
  expect(await ask('POST', '/agencies', newAgency)).toMatchObject({ status: 201, body: { code: 'moh' } });
  expect(await ask('POST', '/agencies', newAgency)).toEqual({
    status: 422,
    type: 'application/problem+json; charset=utf-8',
    body: {
      type: 'about:blank',
      title: 'Unprocessable Entity',
      status: 422,
      detail: 'agency code "moh" is taken; choose another',
    },
  });
  expect(await ask('GET', '/agencies')).toMatchObject({ body: { agencies: [{ code: 'moh' }] } });
  const added = await ask('POST', '/users', newUser);
  expect(added).toMatchObject({
    status: 201,
    body: { password: 'correct-horse', user: { quotaBytes: null } },
  });
  expect((await ask('GET', '/users?agency=moh')).body.users).toHaveLength(1);
  expect(await ask('GET', '/users?agency=mof')).toMatchObject({
    status: 404,
    body: { detail: 'there is no agency "mof"; see "geganti agency list"' },
  });
  const changed = await ask('POST', '/users/ali%40moh.example/password');
  expect(changed).toMatchObject({ status: 200, body: { password: 'battery-staple' } });
});

const wrong: [string, string, string, unknown, number, RegExp][] = [
  ['a missing key', 'POST', '/users', { address: 'a@moh.example' }, 400, /required property 'name'/],
  ['an unknown key', 'POST', '/users', { ...newUser, admin: true }, 400, /additional properties/],
  [
    'a scheme that does not exist',
    'POST',
    '/agencies',
    { ...newAgency, gradeScheme: 'x' },
    400,
    /gradeScheme/,
  ],
  ['a body that is no JSON', 'POST', '/users', '{"address":', 400, /JSON/],
  ['a body beyond the limit', 'POST', '/users', { ...newUser, name: 'x'.repeat(70_000) }, 413, /too large/],
  ['a number out of bounds', 'GET', '/log?last=10001', undefined, 400, /last must be <= 10000/],
  ['a path that does not exist', 'GET', '/nothing?x=1', undefined, 404, /there is no GET \/nothing$/],
  ['an unknown message', 'GET', `/log/messages/${ID}`, undefined, 404, /knows no message/],
  ['an id of another form', 'GET', '/log/messages/..%2Fetc', undefined, 404, /is not a message id/],
  ['an unknown message in quarantine', 'GET', `/quarantine/${ID}`, undefined, 404, /is in quarantine/],
];
test('what is wrong is told as a problem of one line', async () => {
  await using server = await startSmallServer();
  for (const [name, method, url, body, status, detail] of wrong) {
    const answer = await call(server.path, method, url, body);
    expect(answer, name).toMatchObject({ status, type: 'application/problem+json; charset=utf-8' });
    expect(answer.body.detail, name).toMatch(detail);
  }
});

test('an unknown error is a bland 500, and its cause is in the log only', async () => {
  const logged: object[] = [];
  const log: Log = { ...silentLog, error: (facts) => void logged.push(facts) };
  const status = () => Promise.reject(new Error('secret path /var/lib/x'));
  await using server = await startSmallServer({ log, status });
  const answer = await call(server.path, 'GET', '/status');
  expect(answer).toMatchObject({
    status: 500,
    body: { detail: 'unexpected error; the server log says more' },
  });
  expect(JSON.stringify(answer)).not.toContain('secret');
  expect(logged).toMatchObject([{ err: { message: 'secret path /var/lib/x' }, url: '/status' }]);
});

test('status, liveness, log, queue and quarantine are told', async () => {
  await using server = await startSmallServer();
  recordPath(server.trace);
  const verdict = { kind: 'infected', signature: 'Eicar', score: 0, junkScore: 6, symbols: [] } as const;
  const item = {
    envelope: envelope(ID),
    recipients: [SITI],
    reason: 'infected',
    verdict,
    detail: 'Eicar',
  } as const;
  server.kept.push({ ...item, keptAt: NOW, expiresAt: NOW + 1 });
  const pending = { address: SITI, outcome: null, attempts: 2, nextTryAt: NOW + 60_000, reason: '451 later' };
  const scan = { attempts: 0, nextTryAt: 0, reason: null };
  server.waiting.push({ envelope: envelope(ID), verdict, recipients: [pending], scan });
  const ask = async (url: string) => (await call(server.path, 'GET', url)).body;
  expect(await ask('/status')).toEqual(healthyStatus());
  expect(await ask('/health/live')).toEqual({ live: true });
  expect((await ask('/log?last=2')).events).toMatchObject([{ kind: 'bounced' }, { id: BOUNCE, parent: ID }]);
  expect(await ask(`/log/messages/${ID}`)).toMatchObject({
    parent: null,
    children: [BOUNCE],
    waiting: { id: ID },
  });
  expect(await ask(`/log/messages/${BOUNCE}`)).toMatchObject({ parent: ID, children: [], waiting: null });
  expect(await ask('/queue')).toMatchObject({
    total: 1,
    messages: [{ id: ID, stage: 'deliver', recipients: [SITI], attempts: 2, nextTryAt: NOW + 60_000 }],
  });
  expect(await ask('/quarantine')).toMatchObject({ items: [{ id: ID, reason: 'infected' }] });
  expect(await ask(`/quarantine/${ID}`)).toMatchObject({
    client: { helo: 'laptop' },
    verdict: { kind: 'infected' },
  });
});

test('the socket is the owner’s alone and goes with the server', async () => {
  await using server = await startSmallServer();
  expect(((await lstat(server.path)).mode & 0o777).toString(8)).toBe('600');
  await server.stop();
  await expect(lstat(server.path)).rejects.toThrow('ENOENT');
});

test('a socket left by a crash is replaced; one that answers, or another file, is a clear problem', async () => {
  await using folder = await tempFolder();
  await using server = await startSmallServer();
  const at = (path: string) => {
    const { trace } = server;
    const spool = { get: () => undefined, list: () => [], status: healthyStatus().spool };
    const quarantine = { list: async () => [], get: async () => null };
    const refuse = async (): Promise<never> => Promise.reject(new Error('unused'));
    const directory = {
      addAgency: refuse,
      addUser: refuse,
      listAgencies: refuse,
      listUsers: refuse,
      resetPassword: refuse,
    };
    const endpoint = { kind: 'unix', path } as const;
    return createApi({
      directory,
      spool,
      quarantine,
      trace,
      status: async () => healthyStatus(),
      log: silentLog,
      endpoint,
    });
  };
  const stale = join(folder.path, 'stale.sock');
  await leaveSocket(stale);
  {
    await using api = at(stale);
    await api.listen();
    expect((await call(stale, 'GET', '/health/live')).status).toBe(200);
  }
  await using second = at(server.path);
  await expect(second.listen()).rejects.toThrow(/another server answers at .*api\.sock/);
  expect((await call(server.path, 'GET', '/health/live')).status).toBe(200);
  const file = join(folder.path, 'file');
  await writeFile(file, 'precious');
  await using third = at(file);
  await expect(third.listen()).rejects.toThrow(/is no socket/);
  await using fourth = at(join(folder.path, 'x'.repeat(120)));
  await expect(fourth.listen()).rejects.toThrow(/too long/);
});

/** A socket file at which nobody listens, as `kill -9` leaves it. */
async function leaveSocket(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${path}.bound`, resolve));
  const { rename } = await import('node:fs/promises');
  await rename(`${path}.bound`, path);
  await new Promise((resolve) => server.close(resolve));
}

test('a route that does not say what it needs is not registered, and no right means no', () => {
  const bare = {
    method: 'GET',
    url: '/secret',
    body: null,
    query: {},
    handle: async () => ({ kind: 'ok', value: {} }),
  };
  const routes = [bare as unknown as Route];
  expect(() => createApp({ routes, log: silentLog })).toThrow(/GET \/secret does not declare which right/);
  expect(() => requireRight('GET', '/x', 'everybody')).toThrow(/does not declare/);
  expect(mayCall({ rights: ['anyone'] }, 'operator')).toBe(false);
  expect(mayCall({ rights: ['anyone', 'operator'] }, undefined)).toBe(false);
});

/** Resolves when the server has begun to tell. */
function openFollow(path: string, last: number): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: path, path: `/log/follow?last=${last}`, agent: false }, resolve);
    outgoing.on('error', reject);
    outgoing.end();
  });
}

test('who follows gets the last events and then each new one once, and is told when the server stops', async () => {
  await using server = await startSmallServer();
  recordPath(server.trace);
  const response = await openFollow(server.path, 2);
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const ended = new Promise((resolve) => response.once('end', resolve));
  await waitFor('the last events', () => (text.includes(BOUNCE) ? true : undefined));
  server.trace.record({
    kind: 'delivered',
    id: BOUNCE,
    recipient: SITI,
    folder: 'INBOX',
    reply: '250 Saved',
  });
  await waitFor('the new event', () => (text.includes('250 Saved') ? true : undefined));
  await server.stop();
  await ended;
  const lines = text.split('\n').filter((line) => line !== '');
  const kinds = lines.map((line) => JSON.parse(line)).map((line) => line.kind ?? line.notice);
  expect(kinds).toEqual(['bounced', 'accepted', 'delivered', 'the server is stopping']);
});

test('a follower that does not read is cut off, and its share of memory is bounded', async () => {
  const warned: { waiting: number }[] = [];
  const warn = (facts: object): void => {
    if ('waiting' in facts && typeof facts.waiting === 'number') warned.push({ waiting: facts.waiting });
  };
  const log: Log = { ...silentLog, warn };
  await using server = await startSmallServer({ log, follow: { maxWaiting: 100_000, graceMs: 1 } });
  const socket = connect({ path: server.path });
  socket.write('GET /log/follow HTTP/1.1\r\nhost: x\r\n\r\n');
  await new Promise((resolve) => socket.once('data', resolve));
  socket.pause();
  socket.on('error', () => {});
  for (let n = 0; warned.length === 0 && n < 1_000_000; n++) {
    server.trace.record({
      kind: 'delivered',
      id: newMessageId(n),
      recipient: SITI,
      folder: 'INBOX',
      reply: '250 Saved',
    });
    if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(warned).toHaveLength(1);
  expect(warned[0]?.waiting).toBeLessThan(101_000);
  // A paused socket is not told of its end; writing to it is.
  await waitFor('the end of the connection', () => {
    if (!socket.destroyed) socket.write('\r\n');
    return socket.destroyed ? true : undefined;
  });
});
