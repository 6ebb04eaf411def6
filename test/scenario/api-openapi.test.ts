/** The OpenAPI document describes what the API really does. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { everyKind, refused } from '../support/events.ts';
import { call, open } from './api-call.ts';
import {
  BOUNCE,
  ID,
  keptMessage,
  NOW,
  recordPath,
  type SmallServer,
  startSmallServer,
  waitingMessage,
} from './api-stand-ins.ts';

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly security: object[];
  readonly parameters: { name: string; in: string; required: boolean; schema: object }[];
  readonly requestBody?: { content: Record<string, { schema: object }> };
  readonly responses: Record<string, { $ref?: string; content?: Record<string, { schema: object }> }>;
}

interface Document {
  readonly openapi: string;
  readonly info: { title: string; version: string };
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: {
    schemas: Record<string, object>;
    responses: Record<string, Operation['responses'][string]>;
    securitySchemes: object;
  };
}

async function documentOf(server: SmallServer): Promise<Document> {
  return JSON.parse((await call(server.path, 'GET', '/openapi.json')).text);
}

test('the document has the form of OpenAPI 3.1: every operation named, every parameter and reference there', async () => {
  await using server = await startSmallServer();
  const { openapi, info, paths, components } = await documentOf(server);
  expect(openapi).toBe('3.1.0');
  expect(info).toMatchObject({ title: 'Geganti', version: '0.1.0' });
  expect(components.securitySchemes).toEqual({ token: { type: 'http', scheme: 'bearer' } });
  const names = new Set<string>();
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const what = `${method} ${path}`;
      expect(names.has(operation.operationId), what).toBe(false);
      names.add(operation.operationId);
      expect(operation.operationId, what).toMatch(/^[a-z][A-Za-z]+$/);
      expect(operation.summary, what).not.toBe('');
      const inPath = operation.parameters.filter((parameter) => parameter.in === 'path');
      expect(
        inPath.map(({ name }) => name),
        what,
      ).toEqual(Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name));
      expect(
        inPath.every(({ required }) => required),
        what,
      ).toBe(true);
      const good = Object.keys(operation.responses).filter((status) => status.startsWith('2'));
      expect(good, what).toHaveLength(1);
      if (method === 'get' || method === 'delete') expect(operation.requestBody, what).toBeUndefined();
    }
  }
  const text = JSON.stringify({ paths, components });
  for (const [, kind = '', name = ''] of text.matchAll(/"#\/components\/(\w+)\/(\w+)"/g)) {
    expect(Object.keys(Reflect.get(components, kind)), name).toContain(name);
  }
  expect(text).not.toContain('$defs');
  expect(text).not.toContain('readOnly');
});

/** A reader of a schema of the document, as a program in another language would have one. */
function readerOf(schema: object, { components }: Document): z.ZodType {
  const local = (part: object) => JSON.stringify(part).replaceAll('#/components/schemas/', '#/$defs/');
  return z.fromJSONSchema({ ...JSON.parse(local(schema)), $defs: JSON.parse(local(components.schemas)) });
}

type Ask = readonly [method: string, path: string, url: string, body?: object];

/** In this order: some make what the next ones show. */
const ASKED: readonly Ask[] = [
  [
    'POST',
    '/agencies',
    '/agencies',
    { code: 'moh', name: 'H', domains: ['moh.example'], gradeScheme: 'classic' },
  ],
  ['GET', '/agencies', '/agencies'],
  ['GET', '/agencies/{code}', '/agencies/moh'],
  ['PATCH', '/agencies/{code}', '/agencies/moh', { quotaBytes: null }],
  ['POST', '/users', '/users', { address: 'ali@moh.example', name: 'Ali', grade: 'N29' }],
  ['GET', '/users', '/users?agency=moh'],
  ['GET', '/users/{address}', '/users/ali@moh.example'],
  ['PATCH', '/users/{address}', '/users/ali@moh.example', { administrator: true }],
  ['POST', '/users/{address}/password', '/users/ali@moh.example/password'],
  ['POST', '/tokens', '/tokens', { name: 'console', right: 'read', expiresAt: NOW }],
  ['GET', '/tokens', '/tokens'],
  ['DELETE', '/tokens/{name}', '/tokens/console'],
  ['GET', '/log', '/log?limit=1'],
  ['GET', '/log/messages/{id}', `/log/messages/${ID}`],
  ['GET', '/queue', '/queue?held=false'],
  ['GET', '/queue/{id}', `/queue/${ID}`],
  ['POST', '/queue/retry', '/queue/retry', { ids: [ID] }],
  ['POST', '/queue/hold', '/queue/hold', { ids: [ID] }],
  ['POST', '/queue/release', '/queue/release', { ids: [ID] }],
  ['POST', '/queue/drop', '/queue/drop', { ids: [ID] }],
  ['GET', '/quarantine', '/quarantine'],
  ['GET', '/quarantine/{id}', `/quarantine/${ID}`],
  ['GET', '/quarantine/{id}/contents', `/quarantine/${ID}/contents`],
  ['POST', '/quarantine/{id}/release', `/quarantine/${ID}/release`, { force: true }],
  ['DELETE', '/quarantine/{id}', `/quarantine/${ID}`],
  ['POST', '/policy/test', '/policy/test', { content: 'U3ViamVjdDogeAoKeAo=', as: 'ali@moh.example' }],
  ['GET', '/status', '/status'],
  ['GET', '/health/live', '/health/live'],
  ['GET', '/health/ready', '/health/ready'],
  ['GET', '/metrics', '/metrics'],
  ['GET', '/openapi.json', '/openapi.json'],
];

function fill(server: SmallServer): void {
  recordPath(server.trace);
  server.kept.push(keptMessage(ID));
  const outcomes = [
    { kind: 'delivered', folder: 'Junk', reply: '250 ok' },
    { kind: 'bounced', reply: '550 no', bounce: BOUNCE },
    { kind: 'quarantined', reason: 'spam' },
    { kind: 'discarded', rule: 'operator', reply: '' },
  ] as const;
  const message = waitingMessage(ID);
  const [state] = message.recipients;
  if (!state) throw new Error('a message has recipients');
  const finished = outcomes.map((outcome) => ({ ...state, outcome }));
  server.waiting.push({ ...message, recipients: [state, ...finished] });
}

test('the answer of every route is what the document says of it', async () => {
  await using server = await startSmallServer();
  fill(server);
  const document = await documentOf(server);
  const described = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const asked = ASKED.map(([method, path]) => `${method} ${path}`);
  expect(asked.toSorted()).toEqual(described.filter((each) => each !== 'GET /log/follow').toSorted());
  for (const [method, path, url, body] of ASKED) {
    const what = `${method} ${path}`;
    const operation = document.paths[path]?.[method.toLowerCase()];
    const answer = await call(server.path, method, url, { body });
    const [media, content] = Object.entries(operation?.responses[answer.status]?.content ?? {})[0] ?? [];
    expect(answer.type.split(';')[0], what).toBe(media);
    if (media !== 'application/json') continue;
    const result = readerOf(content?.schema ?? {}, document).safeParse(answer.body);
    expect(result.error?.issues ?? [], what).toEqual([]);
    if (operation?.requestBody) {
      const { schema = {} } = operation.requestBody.content['application/json'] ?? {};
      expect(readerOf(schema, document).safeParse(body).success, what).toBe(true);
    }
  }
});

test('every kind of event in the live log is what the document says of a line', async () => {
  await using server = await startSmallServer();
  const events = [refused({ sender: undefined }), refused({ sender: null }), ...everyKind(ID)];
  for (const event of events) server.trace.record(event);
  const document = await documentOf(server);
  const content = document.paths['/log/follow']?.get?.responses['200']?.content ?? {};
  const reader = readerOf(content['application/x-ndjson']?.schema ?? {}, document);
  const response = await open(server.path, 'GET', '/log/follow?last=100');
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (text.includes('"purged"')) void server.stop();
  });
  await new Promise((resolve) => response.once('end', resolve));
  const lines = text.split('\n').filter((line) => line !== '');
  // The last one says that the server stops.
  expect(lines).toHaveLength(events.length + 1);
  for (const line of lines) expect(reader.safeParse(JSON.parse(line)).error?.issues ?? [], line).toEqual([]);
  expect(reader.safeParse({ kind: 'accepted', id: ID }).success).toBe(false);
});

test('problems are what the document says of them, and each status that comes is named', async () => {
  await using server = await startSmallServer();
  const document = await documentOf(server);
  const [media, content] = Object.entries(document.components.responses.Problem?.content ?? {})[0] ?? [];
  const reader = readerOf(content?.schema ?? {}, document);
  server.away = 'the receiver does not answer';
  const wrong = [
    ['GET', '/queue', '/queue', 503],
    ['GET', '/queue', '/queue?limit=0', 400],
    ['GET', '/agencies/{code}', '/agencies/mof', 404],
    ['POST', '/users', '/users', 400],
  ] as const;
  for (const [method, path, url, status] of wrong) {
    const answer = await call(server.path, method, url);
    expect(answer.status, url).toBe(status);
    expect(answer.type.split(';')[0]).toBe(media);
    expect(reader.safeParse(answer.body).success, url).toBe(true);
    const operation = document.paths[path]?.[method.toLowerCase()];
    expect(operation?.responses[status]?.$ref, url).toBe('#/components/responses/Problem');
  }
});
