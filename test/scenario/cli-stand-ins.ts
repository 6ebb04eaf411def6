/**
 * The geganti command against a small HTTP server on a Unix socket that answers recorded JSON: what the API says is fixed
 * here, so that output can be compared as a whole. The shapes are those of the API's contract (http/resources.ts).
 */
import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type CliDeps, runCli } from '../../src/cli/run.ts';
import type { ServerCommands } from '../../src/cli/server-commands.ts';
import type {
  FollowLine,
  LogEntry,
  ProblemDetails,
  RecordedEvent,
  WaitingMessage,
} from '../../src/http/resources.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** 16:40:12 in Kuala Lumpur. */
export const NOW = Date.UTC(2026, 10, 24, 8, 40, 12);
export const fixedClock: Clock = { ...systemClock, now: () => NOW };

export const ID = 'm1kfq3x8z0a7c2d4e6';
export const BOUNCE = 'm1kfq3x8z1a7c2d4e7';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** A fixed answer, or one that is made from what was asked. */
type Answer = object | ((asked: Asked) => object | Promise<object>);

export interface StandIn extends AsyncDisposable {
  readonly socket: string;
  /** All that was asked, oldest first. */
  readonly asked: Asked[];
  /** Answers by "GET /log"; others are 404. */
  readonly answers: Map<string, Answer>;
  /** Lines for those who follow the log now and later. */
  tell(line: FollowLine): void;
  /** Ends every connection, in good order or not. */
  end(how: 'orderly' | 'broken'): void;
}

export async function startStandIn(answers: Readonly<Record<string, Answer>> = {}): Promise<StandIn> {
  const folder = await tempFolder();
  const socket = join(folder.path, 'api.sock');
  const known = new Map(Object.entries(answers));
  const asked: Asked[] = [];
  const told: string[] = [];
  const followers = new Set<ServerResponse>();

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const text = (await request.toArray()).join('');
    const one: Asked = {
      method: request.method ?? '',
      path: decodeURIComponent(url.pathname),
      query: url.searchParams,
      body: text === '' ? null : JSON.parse(text),
    };
    asked.push(one);
    if (one.path === '/log/follow') {
      response.write(['', ...told].join('\n').concat('\n'));
      followers.add(response);
      return;
    }
    const answer = known.get(`${one.method} ${one.path}`) ?? problem(404, `there is no ${one.path}`);
    const value = typeof answer === 'function' ? await answer(one) : answer;
    response.statusCode = 'detail' in value && 'status' in value ? Number(value.status) : 200;
    response.end(JSON.stringify(value));
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const end = (how: 'orderly' | 'broken'): void => {
    for (const follower of followers) how === 'orderly' ? follower.end() : follower.destroy();
    followers.clear();
  };
  return {
    socket,
    asked,
    answers: known,
    tell(line) {
      told.push(JSON.stringify(line));
      for (const follower of followers) follower.write(`${JSON.stringify(line)}\n`);
    },
    end,
    async [Symbol.asyncDispose]() {
      end('broken');
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await folder[Symbol.asyncDispose]();
    },
  };
}

export function problem(status: number, detail: string): ProblemDetails {
  return { type: 'about:blank', title: 'Problem', status, detail };
}

export const noServerCommands: ServerCommands = {
  serve: async () => 0,
  up: async () => 0,
  configCheck: () => ({ file: 'config/geganti.yaml', problems: [] }),
  configShow: () => [],
  backup: async ({ to }) => ({ folder: to, files: 12, bytes: 4096, mailboxes: null }),
  restore: async () => ({ version: '0.1.0', startedAt: 0, files: 12, mailboxes: 3 }),
};

/** Starts a command; `out` and `err` grow while it runs. */
export function begin(socket: string, argv: readonly string[], options: Partial<CliDeps> = {}) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const seen = { out: '', err: '' };
  stdout.on('data', (chunk) => {
    seen.out += chunk;
  });
  stderr.on('data', (chunk) => {
    seen.err += chunk;
  });
  const done = runCli(argv, {
    endpoint: { kind: 'unix', path: socket },
    timezone: 'Asia/Kuala_Lumpur',
    stdout,
    stderr,
    isTerminal: true,
    columns: 200,
    env: { NO_COLOR: '1' },
    commands: noServerCommands,
    clock: fixedClock,
    ...options,
  });
  return { seen, stdout, done };
}

export async function run(socket: string, argv: readonly string[], options?: Partial<CliDeps>) {
  const { seen, done } = begin(socket, argv, options);
  const code = await done;
  return { code, ...seen };
}

export const PIPE: Partial<CliDeps> = { isTerminal: false };

export function entry(changes: Partial<LogEntry> = {}): LogEntry {
  return {
    id: ID,
    at: NOW - 90_000,
    door: 'submission',
    client: '10.0.0.5',
    login: 'ali@moh.example',
    sender: 'ali@moh.example',
    senderAgency: 'moh',
    recipient: 'siti@moh.example',
    recipientAgency: 'moh',
    messageIdHeader: '<1@moh.example>',
    sizeBytes: 20_480,
    parent: null,
    outcome: 'delivered',
    reason: 'INBOX',
    reply: '250 2.0.0 Saved',
    reasons: [],
    attempts: 0,
    nextTryAt: null,
    updatedAt: NOW - 88_000,
    ...changes,
  };
}

export function waiting(changes: Partial<WaitingMessage> = {}): WaitingMessage {
  return {
    id: ID,
    stage: 'deliver',
    held: false,
    door: 'submission',
    sender: 'ali@moh.example',
    recipients: ['siti@moh.example'],
    recipientCount: 1,
    receivedAt: NOW - 90_000,
    sizeBytes: 20_480,
    attempts: 1,
    nextTryAt: NOW + 60_000,
    reason: '452 4.2.2 Mailbox is full',
    ...changes,
  };
}

export const CLIENT = { address: '10.0.0.5', helo: 'laptop', tls: 'TLSv1.3 TLS_AES_256_GCM_SHA384' };
export const LOGIN = { userId: 'user-0', agencyId: 'agency-1', address: 'ali@moh.example' };

type Facts<E> = E extends RecordedEvent ? Omit<E, 'at' | 'event'> : never;

/** `seconds` after the message came. */
export function event<E extends Facts<RecordedEvent>>(seconds: number, facts: E) {
  const at = new Date(NOW - 90_000 + seconds * 1000).toISOString();
  return { ...facts, at, event: `${facts.id}/${facts.kind}/${seconds}` };
}

export const ACCEPTED = event(0, {
  kind: 'accepted',
  id: ID,
  door: 'submission',
  client: CLIENT,
  login: LOGIN,
  sender: 'ali@moh.example',
  recipients: [
    { address: 'siti@moh.example', agencyId: 'agency-1' },
    { address: 'gone@moh.example', agencyId: 'agency-1' },
  ],
  sizeBytes: 20_480,
  messageIdHeader: '<1@moh.example>',
  parent: null,
  recovered: false,
});

export const DELIVERED = event(2, {
  kind: 'delivered',
  id: ID,
  recipient: 'siti@moh.example',
  folder: 'INBOX',
  reply: '250 2.0.0 Saved',
  afterMs: 2_000,
});

export const BOUNCED = event(3, {
  kind: 'bounced',
  id: ID,
  recipient: 'gone@moh.example',
  reply: '550 5.1.1 No such user',
  bounce: BOUNCE,
});
