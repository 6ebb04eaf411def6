/** What the API answers, resource by resource, over its socket; and what it says of a wrong request. */
import { expect, test } from 'vitest';
import { type Log, silentLog } from '../../src/lib/log.ts';
import { call } from './api-call.ts';
import {
  ALI,
  BOUNCE,
  healthyStatus,
  ID,
  keptMessage,
  NOW,
  recordPath,
  SITI,
  type SmallServer,
  startSmallServer,
  waitingMessage,
} from './api-stand-ins.ts';

const newAgency = { code: 'moh', name: 'Health', domains: ['moh.example'], gradeScheme: 'classic' };
const newUser = { address: 'ali@moh.example', name: 'Ali', grade: 'N29' };

function asker(server: SmallServer) {
  return (method: string, url: string, body?: unknown) => call(server.path, method, url, { body });
}

test('agencies are added, listed, shown and changed, and refused with the reason', async () => {
  await using server = await startSmallServer();
  const ask = asker(server);
  expect(await ask('POST', '/agencies', newAgency)).toMatchObject({ status: 201, body: { code: 'moh' } });
  expect(await ask('POST', '/agencies', newAgency)).toMatchObject({
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
  const changed = await ask('PATCH', '/agencies/moh', { quotaBytes: 7, addDomains: ['kkm.example'] });
  expect(changed).toMatchObject({ status: 200, body: { name: 'Health', quotaBytes: 7 } });
  expect((await ask('GET', '/agencies/moh')).body.domains).toEqual(['moh.example', 'kkm.example']);
  expect(await ask('PATCH', '/agencies/mof', { name: 'Finance' })).toMatchObject({
    status: 404,
    body: { detail: 'there is no agency "mof"; see "geganti agency list"' },
  });
});

test('users are added, listed by agency, changed and given a new password; agencies are named by code', async () => {
  await using server = await startSmallServer();
  const ask = asker(server);
  await ask('POST', '/agencies', newAgency);
  expect(await ask('POST', '/users', newUser)).toMatchObject({
    status: 201,
    body: { password: 'correct-horse', user: { agency: 'moh', quotaBytes: null, administrator: false } },
  });
  expect((await ask('GET', '/users?agency=moh')).body.users).toMatchObject([{ agency: 'moh' }]);
  expect((await ask('GET', '/users?agency=mof')).status).toBe(404);
  const one = '/users/ali%40moh.example';
  expect(await ask('PATCH', one, { active: false })).toMatchObject({ status: 200, body: { active: false } });
  expect((await ask('GET', one)).body).toMatchObject({ active: false, name: 'Ali', agency: 'moh' });
  expect(await ask('POST', `${one}/password`)).toMatchObject({ body: { password: 'battery-staple' } });
  for (const [method, url] of [
    ['GET', ''],
    ['PATCH', ''],
    ['POST', '/password'],
  ] as const) {
    const answer = await ask(
      method,
      `/users/nobody%40moh.example${url}`,
      method === 'PATCH' ? { name: 'x' } : undefined,
    );
    expect(answer.status, method).toBe(404);
  }
});

test('a token’s secret is shown once, when it is made', async () => {
  await using server = await startSmallServer();
  const ask = asker(server);
  const made = await ask('POST', '/tokens', { name: 'console', right: 'read' });
  const token = { name: 'console', right: 'read', expiresAt: null, createdAt: NOW };
  expect(made).toMatchObject({ status: 201, body: { token, secret: 'gt-console' } });
  expect((await ask('GET', '/tokens')).body).toEqual({ tokens: [token] });
  expect(await ask('DELETE', '/tokens/console')).toMatchObject({ status: 200, body: token });
  expect(await ask('DELETE', '/tokens/console')).toMatchObject({ status: 404 });
});

const wrong: [string, string, string, unknown, number, string | RegExp][] = [
  ['a missing key', 'POST', '/users', { address: 'a@moh.example' }, 400, 'name: is missing; give text'],
  ['no body', 'POST', '/users', undefined, 400, 'body: is missing; give an object'],
  [
    'an unknown key',
    'POST',
    '/users',
    { ...newUser, nam: 'x' },
    400,
    'nam: is not known here; the nearest is name',
  ],
  [
    'a value that is not among those known',
    'POST',
    '/agencies',
    { ...newAgency, gradeScheme: 'x' },
    400,
    'gradeScheme: "x" will not do; give one of classic, sspa',
  ],
  [
    'a wrong type in a list',
    'POST',
    '/agencies',
    { ...newAgency, domains: [7] },
    400,
    'domains.0: 7 will not do; give text',
  ],
  ['an empty list', 'POST', '/queue/hold', { ids: [] }, 400, 'ids: [] is too short; give at least 1 of them'],
  [
    'an id of another form',
    'POST',
    '/queue/hold',
    { ids: ['x'] },
    400,
    /^ids: "x" is not a message id; one looks like/,
  ],
  [
    'a change of nothing',
    'PATCH',
    '/agencies/moh',
    {},
    400,
    /^body: changes nothing; give at least one of name,/,
  ],
  ['a body that is no JSON', 'POST', '/users', '{"address":', 400, /JSON/],
  ['a body beyond the limit', 'POST', '/users', { ...newUser, name: 'x'.repeat(70_000) }, 413, /too large/],
  [
    'a number that is too small',
    'GET',
    '/log?limit=0',
    undefined,
    400,
    'limit: "0" is too small; give at least 1',
  ],
  [
    'a number that is too large',
    'GET',
    '/queue?limit=1001',
    undefined,
    400,
    'limit: "1001" is too large; give at most 1000',
  ],
  ['no number', 'GET', '/log/follow?last=many', undefined, 400, 'last: "many" will not do; give a number'],
  [
    'a parameter given twice',
    'GET',
    '/log?text=a&text=b',
    undefined,
    400,
    'text: ["a","b"] will not do; give text',
  ],
  [
    'more words than a search looks for',
    'GET',
    `/log?text=${Array(11).fill('x').join('+')}`,
    undefined,
    400,
    'text: "x x x x x x x x x x x" has too many words; give at most 10',
  ],
  [
    'an unknown parameter',
    'GET',
    '/log?sendr=x',
    undefined,
    400,
    'sendr: is not known here; the nearest is sender',
  ],
  [
    'a parameter where there is none',
    'GET',
    '/status?x=1',
    undefined,
    400,
    'x: is not known here; leave it out',
  ],
  [
    'an outcome among good ones',
    'GET',
    '/log?outcome=held&outcome=gone',
    undefined,
    400,
    /^outcome.1: "gone" will not do; give one of/,
  ],
  [
    'a moment without a zone',
    'GET',
    '/log?since=2026-11-24T08:00',
    undefined,
    400,
    /^since: "2026-11-24T08:00" is no moment; write/,
  ],
  ['a message id of another form', 'GET', '/log?id=x', undefined, 400, /^id: "x" is not a message id/],
  ['an agency that is not there', 'GET', '/log?agency=mof', undefined, 404, /there is no agency "mof"/],
  ['a cursor of somebody else', 'GET', '/log?cursor=wrong', undefined, 400, 'cursor "wrong" is none of ours'],
  [
    'a log that is away',
    'GET',
    '/log?cursor=away',
    undefined,
    503,
    'the database of the delivery log is away',
  ],
  ['a path that does not exist', 'GET', '/nothing?x=1', undefined, 404, 'there is no GET /nothing'],
  ['a method that does not exist', 'PUT', '/agencies', undefined, 404, 'there is no PUT /agencies'],
  ['an unknown message', 'GET', `/log/messages/${ID}`, undefined, 404, /knows no message/],
  ['another form in the path', 'GET', '/log/messages/..%2Fetc', undefined, 404, /is not a message id/],
  ['an unknown message in the queue', 'GET', `/queue/${ID}`, undefined, 404, `no message ${ID} waits`],
  ['an unknown message in quarantine', 'GET', `/quarantine/${ID}`, undefined, 404, /is in quarantine/],
  ['to release what is not kept', 'POST', `/quarantine/${ID}/release`, {}, 404, /is in quarantine/],
  ['to delete what is not kept', 'DELETE', `/quarantine/${ID}`, undefined, 404, /is in quarantine/],
];
test('what is wrong is told as a problem of one line that names parameter, value and cure', async () => {
  await using server = await startSmallServer();
  const ask = asker(server);
  for (const [name, method, url, body, status, detail] of wrong) {
    const answer = await ask(method, url, body);
    expect(answer, name).toMatchObject({ status, type: 'application/problem+json; charset=utf-8' });
    if (typeof detail === 'string') expect(answer.body.detail, name).toBe(detail);
    else expect(answer.body.detail, name).toMatch(detail);
    expect(answer.headers['cache-control'], name).toBe('no-store');
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
  expect(answer.text).not.toContain('secret');
  expect(logged).toMatchObject([{ err: { message: 'secret path /var/lib/x' }, url: '/status' }]);
});

test('status is told in full; live is this process, ready is everything that mail needs', async () => {
  await using server = await startSmallServer();
  const ask = asker(server);
  expect((await ask('GET', '/status')).body).toEqual(healthyStatus());
  expect((await ask('GET', '/health/live')).body).toEqual({ live: true });
  expect((await ask('GET', '/health/ready')).body).toEqual({ ready: true });
  server.missing.push('receiver', 'door mx');
  expect(await ask('GET', '/health/ready')).toMatchObject({
    status: 503,
    body: { detail: 'not ready: receiver, door mx' },
  });
  expect((await ask('GET', '/health/live')).status).toBe(200);
});

test('the log is searched by every filter, agencies go by their codes both ways, and pages follow each other', async () => {
  await using server = await startSmallServer();
  const ask = asker(server);
  await ask('POST', '/agencies', newAgency);
  const { id: agencyId } = (await ask('GET', '/agencies/moh')).body;
  const entry = {
    ...{ id: ID, at: NOW, door: 'mx', client: '10.0.0.5', login: null, sender: ALI, recipient: SITI },
    ...{ senderAgency: agencyId, recipientAgency: null, messageIdHeader: null, sizeBytes: 7, parent: null },
    ...{
      outcome: 'held',
      reason: null,
      reply: null,
      reasons: [],
      attempts: 0,
      nextTryAt: null,
      updatedAt: NOW,
    },
  } as SmallServer['trace']['entries'][number];
  server.trace.entries.push(entry, { ...entry, sender: undefined, outcome: 'waiting', attempts: 1 });
  const url =
    '/log?sender=ali@moh.example&recipient=@moh.example&address=%3C%3E&messageId=1@x&client=10.0.0.5&agency=moh' +
    `&id=${ID}&since=2026-11-24T08:40:12Z&until=1795509612000&outcome=held&outcome=waiting&reason=spam&text=later&limit=1`;
  const first = (await ask('GET', url)).body;
  expect(server.trace.asked.at(-1)).toEqual({
    ...{ sender: 'ali@moh.example', recipient: '@moh.example', address: '<>', messageId: '1@x', id: ID },
    ...{ client: '10.0.0.5', agency: agencyId, since: NOW, until: 1_795_509_612_000, reason: 'spam' },
    ...{ outcomes: ['held', 'waiting'], text: 'later', limit: 1 },
  });
  expect(first).toMatchObject({
    entries: [{ senderAgency: 'moh', recipientAgency: null, attempts: 0 }],
    next: '1',
  });
  const second = (await ask('GET', `${url}&cursor=${first.next}`)).body;
  expect(second).toMatchObject({ entries: [{ attempts: 1 }], next: null });
  expect(second.entries).not.toMatchObject([{ sender: null }]);
  expect((await ask('GET', '/log?outcome=waiting')).body.entries).toHaveLength(1);
  expect(server.trace.asked.at(-1)).toEqual({ outcomes: ['waiting'], limit: 20 });
});

test('the path of a message has its events, its parent, its children and what it waits for', async () => {
  await using server = await startSmallServer();
  const ask = asker(server);
  recordPath(server.trace);
  server.waiting.push(waitingMessage(ID));
  const path = `/log/messages/${ID}`;
  const family = { parent: null, children: [BOUNCE], notice: null };
  expect((await ask('GET', path)).body).toMatchObject({ ...family, waiting: { id: ID, stage: 'deliver' } });
  expect((await ask('GET', `/log/messages/${BOUNCE}`)).body).toMatchObject({ parent: ID, waiting: null });
  server.away = 'the receiver does not answer: connect ENOENT';
  const { waiting, notice, events } = (await ask('GET', path)).body;
  expect(waiting).toBeNull();
  expect(notice).toBe('whether it still waits is not known: the receiver does not answer: connect ENOENT');
  expect(events).toHaveLength(4);
});

test('the queue is listed, shown and acted on; while the receiver is away there is one clear line', async () => {
  await using server = await startSmallServer();
  const ask = asker(server);
  const held = { ...waitingMessage(BOUNCE), held: true };
  server.waiting.push(waitingMessage(ID), held);
  expect((await ask('GET', '/queue?limit=1')).body).toMatchObject({ total: 2, messages: [{ id: ID }] });
  expect((await ask('GET', `/queue?after=${ID}`)).body).toMatchObject({
    total: 1,
    messages: [{ id: BOUNCE }],
  });
  expect((await ask('GET', '/queue?after=m1')).status).toBe(400);
  expect((await ask('GET', '/queue?held=true')).body).toMatchObject({
    messages: [{ id: BOUNCE, held: true }],
  });
  expect((await ask('GET', `/queue/${ID}`)).body).toMatchObject({
    ...{
      stage: 'deliver',
      recipients: [SITI],
      attempts: 2,
      nextTryAt: NOW + 60_000,
      login: { address: ALI },
    },
    recipientStates: [{ address: SITI, outcome: null, attempts: 2, reason: '451 later' }],
  });
  for (const act of ['retry', 'hold', 'release', 'drop']) {
    const changed = await ask('POST', `/queue/${act}`, { ids: [ID, ID.replace('q', 'r')] });
    expect(changed.body, act).toEqual({ changed: [ID] });
  }
  expect(server.acts).toEqual(['retry', 'hold', 'release', 'drop'].map((act) => `${act} ${ID} by operator`));
  server.away = 'the receiver does not answer at /run/receive.sock; is it running?';
  for (const [method, url] of [
    ['GET', '/queue'],
    ['GET', `/queue/${ID}`],
    ['POST', '/queue/drop'],
  ] as const) {
    const answer = await ask(method, url, method === 'POST' ? { ids: [ID] } : undefined);
    expect(answer, url).toMatchObject({ status: 503, body: { detail: server.away } });
  }
});

test('kept mail is listed by agency, reason, sender and recipient, shown, released and deleted', async () => {
  await using server = await startSmallServer();
  const ask = asker(server);
  await ask('POST', '/agencies', newAgency);
  server.kept.push({ ...keptMessage(BOUNCE), reason: 'spam', keptAt: NOW - 1 }, keptMessage(ID));
  const list = async (query: string) => {
    const { total, items } = (await ask('GET', `/quarantine?${query}`)).body;
    return [total, ...(items as { id: string }[]).map(({ id }) => id)];
  };
  expect(await list('')).toEqual([2, ID, BOUNCE]);
  expect(await list('limit=1')).toEqual([2, ID]);
  expect(await list('reason=spam')).toEqual([1, BOUNCE]);
  expect(await list('agency=moh&sender=ALI@moh.example&recipient=@MOH.example')).toEqual([2, ID, BOUNCE]);
  expect(await list('sender=%3C%3E')).toEqual([0]);
  expect(await list('recipient=@oh.example')).toEqual([0]);
  expect(await list(`since=${NOW}`)).toEqual([1, ID]);
  expect(await list(`until=${NOW}`)).toEqual([1, BOUNCE]);
  expect((await ask('GET', `/quarantine/${ID}`)).body).toMatchObject({ client: { helo: 'laptop' } });
  expect((await ask('GET', `/quarantine/${ID}/contents`)).body).toMatchObject({ parts: [{}, { path: '1' }] });

  const release = `/quarantine/${ID}/release`;
  expect(await ask('POST', release, {})).toMatchObject({
    status: 422,
    body: { detail: expect.stringMatching(/infected/) },
  });
  expect((await ask('POST', release, { recipients: [SITI], force: true })).body).toEqual({ message: BOUNCE });
  expect((await ask('DELETE', `/quarantine/${ID}`)).body).toMatchObject({ id: ID, recipients: [SITI] });
  expect(server.acts).toEqual([`release ${ID} to ${SITI} by operator`, `purge ${ID} by operator`]);
});

test('each change is told in the program’s log, with who made it and nothing of its content', async () => {
  const told: object[] = [];
  const log: Log = { ...silentLog, info: (facts) => void told.push(facts) };
  await using server = await startSmallServer({ log });
  const ask = asker(server);
  await ask('POST', '/users', newUser);
  await ask('POST', '/users/ali%40moh.example/password');
  await ask('GET', '/users');
  expect(told).toEqual([
    { by: 'operator', method: 'POST', url: '/users', params: {} },
    { by: 'operator', method: 'POST', url: '/users/:address/password', params: { address: ALI } },
  ]);
});
