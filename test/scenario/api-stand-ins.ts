/**
 * The real API on a real socket (and a port), over small stand-ins for what is behind it: what these say is fixed here,
 * so that answers and command output can be compared as a whole.
 */
import { join } from 'node:path';
import { type Api, type ApiDeps, createApi } from '../../src/http/api.ts';
import type { Status } from '../../src/http/status.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { type Log, silentLog } from '../../src/lib/log.ts';
import { Away } from '../../src/lib/problem.ts';
import { type Address, parseAddress } from '../../src/mail/address.ts';
import type { Envelope, UserId } from '../../src/mail/envelope.ts';
import { type MessageId, parseMessageId } from '../../src/mail/message-id.ts';
import { entryOf, lastKeptFirst } from '../../src/quarantine/entry.ts';
import type { KeptContents, QuarantineItem } from '../../src/quarantine/quarantine.ts';
import type { QueueControl } from '../../src/queue/queue.ts';
import { createInspector } from '../../src/rules/inspect.ts';
import type { SpooledMessage } from '../../src/spool/spool.ts';
import type { TraceEvent } from '../../src/trace/events.ts';
import { verdict } from '../support/messages.ts';
import { defaultSettings } from '../support/settings.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { AGENCY_ID, smallDirectory } from './api-directory-stand-in.ts';
import { createSmallLog, type SmallLog } from './api-log-stand-in.ts';

/** 16:40:12 in Kuala Lumpur. */
export const NOW = Date.UTC(2026, 10, 24, 8, 40, 12);
export const fixedClock: Clock = { ...systemClock, now: () => NOW };

export const ID = messageId('m1kfq3x8z0a7c2d4e6');
export const BOUNCE = messageId('m1kfq3x8z1a7c2d4e7');
export const ALI = address('ali@moh.example');
export const SITI = address('siti@moh.example');

export type ChangeableStatus = { -readonly [K in keyof Status]: Status[K] };

export interface SmallServer extends AsyncDisposable {
  readonly path: string;
  /** On 127.0.0.1. */
  readonly port: number;
  readonly trace: Pick<SmallLog, 'record' | 'entries' | 'asked' | 'given'>;
  readonly status: ChangeableStatus;
  readonly missing: string[];
  readonly kept: QuarantineItem[];
  readonly waiting: SpooledMessage[];
  /** What was done to queue and quarantine: "hold m1… by operator". */
  readonly acts: string[];
  /** Set: the receiver is away, for this reason. */
  away: string | null;
  stop(): Promise<void>;
}

export interface SmallServerOptions {
  readonly log?: Log;
  readonly status?: () => Promise<Status>;
}

export async function startSmallServer(options: SmallServerOptions = {}): Promise<SmallServer> {
  const folder = await tempFolder();
  const { deliveryLog, ...trace } = createSmallLog(NOW);
  const path = join(folder.path, 'run', 'api.sock');
  const state: Omit<SmallServer, 'port' | keyof AsyncDisposable> = {
    path,
    trace,
    status: healthyStatus(),
    missing: [],
    kept: [],
    waiting: [],
    acts: [],
    away: null,
    stop: async () => api[Symbol.asyncDispose](),
  };
  const api: Api = createApi({
    directory: smallDirectory(NOW),
    deliveryLog,
    control: { queue: smallQueue(state) },
    ...smallQuarantine(state),
    trial: smallTrial(),
    limits: { messageBytes: TRIED_BYTES },
    status: options.status ?? (async () => state.status),
    ready: async () => ({ missing: state.missing }),
    version: '0.1.0',
    endpoints: { socket: { kind: 'unix', path }, tcp: { kind: 'tcp', host: '127.0.0.1', port: 0 } },
    clock: fixedClock,
    log: options.log ?? silentLog,
  });
  const { port } = await api.listen();
  if (port === null) throw new Error('no TCP port was opened');
  return Object.assign(state, {
    port,
    async [Symbol.asyncDispose]() {
      await state.stop();
      await folder[Symbol.asyncDispose]();
    },
  });
}

type State = Pick<SmallServer, 'kept' | 'waiting' | 'acts' | 'away'>;

function smallQueue(state: State): QueueControl {
  const reach = (): void => {
    if (state.away !== null) throw new Away(state.away);
  };
  return {
    async list({ held, after = '' }, limit) {
      reach();
      const fitting = state.waiting.filter(
        (message) => (held === undefined || message.held === held) && message.envelope.id > after,
      );
      return { total: fitting.length, messages: fitting.slice(0, limit) };
    },
    async get(id) {
      reach();
      return state.waiting.find((message) => message.envelope.id === id) ?? null;
    },
    async change(act, ids, by) {
      reach();
      const changed = ids.filter((id) => state.waiting.some((message) => message.envelope.id === id));
      for (const id of changed) state.acts.push(`${act} ${id} by ${by}`);
      return changed;
    },
  };
}

const CONTENTS: KeptContents = {
  fields: [{ name: 'subject', value: 'Mesyuarat' }],
  parts: [
    { path: '', depth: 0, type: 'multipart/mixed', names: [], disposition: null, sizeBytes: null },
    { path: '1', depth: 1, type: 'text/plain', names: [], disposition: null, sizeBytes: 120 },
  ],
  cut: false,
};

export const TRIED_BYTES = 200_000;

/** The rules as shipped, without the box. */
function smallTrial(): ApiDeps['trial'] {
  const { policy } = defaultSettings();
  return {
    policy: () => policy,
    async look(content, judged) {
      const inspector = createInspector({ policy, judged });
      inspector.write(content);
      return inspector.end().found;
    },
  };
}

function smallQuarantine(state: State): Pick<ApiDeps, 'quarantine' | 'releases'> {
  const find = (id: MessageId) => state.kept.find((item) => item.envelope.id === id) ?? null;
  return {
    quarantine: {
      entries: async () => state.kept.map(entryOf).sort(lastKeptFirst),
      get: async (id) => find(id),
      contents: async (id) => (find(id) ? CONTENTS : null),
    },
    releases: {
      async release(id, recipients, { by, force }) {
        const item = find(id);
        if (!item) return { kind: 'absent', problem: `no message ${id} is in quarantine` };
        if (item.reason === 'virus' && !force) {
          return { kind: 'refused', problem: `message ${id} is infected; release it with force if you must` };
        }
        state.acts.push(`release ${id} to ${recipients?.join(', ') ?? 'all'} by ${by}`);
        return { kind: 'released', message: BOUNCE };
      },
      async purge(id, by) {
        const item = find(id);
        if (!item) return { kind: 'absent', problem: `no message ${id} is in quarantine` };
        state.kept.splice(state.kept.indexOf(item), 1);
        state.acts.push(`purge ${id} by ${by}`);
        return { kind: 'purged', item };
      },
    },
  };
}

export function envelope(id: MessageId): Envelope {
  return {
    id,
    door: 'submission',
    receivedAt: NOW - 90_000,
    sender: ALI,
    login: { userId: 'user-0' as UserId, agencyId: AGENCY_ID, address: ALI },
    client: { address: '10.0.0.5', helo: 'laptop', tls: 'TLSv1.3 TLS_AES_256_GCM_SHA384' },
    recipients: [{ address: SITI, userId: 'user-1' as UserId, agencyId: AGENCY_ID }],
    sizeBytes: 20_480,
    messageIdHeader: '<1@moh.example>',
    parent: null,
    claimsOurDomain: false,
  };
}

/** A message that was tried twice and waits. */
export function waitingMessage(id: MessageId): SpooledMessage {
  const pending = { address: SITI, outcome: null, attempts: 2, nextTryAt: NOW + 60_000, reason: '451 later' };
  const scan = { attempts: 0, nextTryAt: 0, reason: null };
  return {
    envelope: envelope(id),
    verdict: verdict('clean', { score: 0.1 }),
    recipients: [pending],
    scan,
    held: false,
  };
}

export function keptMessage(id: MessageId): QuarantineItem {
  const found = { reason: 'virus', verdict: verdict('infected', { score: 0 }) } as const;
  const item = { envelope: envelope(id), recipients: [SITI], ...found };
  return { ...item, detail: 'Eicar', keptAt: NOW, expiresAt: NOW + 86_400_000 };
}

export function healthyStatus(): ChangeableStatus {
  const startedAt = NOW - 7_380_000;
  return {
    version: '0.1.0',
    startedAt,
    parts: [
      { name: 'redis', up: true, detail: '/run/redis.sock', since: startedAt },
      { name: 'clamd', up: true, detail: null, since: null },
    ],
    signatures: { date: NOW - 93_600_000, testOnly: false },
    connections: 3,
    spool: { messages: 0, segments: 1, parked: 0, freePercent: 43.2, full: false },
    queue: { available: true, waiting: 0, running: 0, deferred: 0, held: 0 },
    processes: [
      { ...processOf('receive', 411), rssBytes: 120_000_000, cpuSeconds: 12.5 },
      { ...processOf('work,api', 412), rssBytes: 180_000_000, cpuSeconds: 40 },
    ],
    log: { behindBytes: 0, problem: null, badLines: 0 },
    lostEvents: 0,
  };
}

function processOf(roles: string, pid: number) {
  return { roles, pid, startedAt: NOW - 7_380_000, loopDelayMs: 2.5, lostEvents: 0 };
}

export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed) throw new Error(`not an address: ${text}`);
  return parsed;
}

export function messageId(text: string): MessageId {
  const parsed = parseMessageId(text);
  if (!parsed) throw new Error(`not a message id: ${text}`);
  return parsed;
}

/** Events of a message that was delivered, and one that bounced. */
export function recordPath(trace: { record(event: TraceEvent): void }): void {
  const { door, client, login, sender, sizeBytes, messageIdHeader, parent } = envelope(ID);
  const gone = address('gone@moh.example');
  const recipients = [
    { address: SITI, agencyId: AGENCY_ID },
    { address: gone, agencyId: AGENCY_ID },
  ];
  const accepted = { door, client, login, sender, recipients, sizeBytes, messageIdHeader, parent };
  trace.record({ kind: 'accepted', id: ID, ...accepted, recovered: false });
  const clean = verdict('clean', { score: 0.1, symbols: ['MIME_GOOD'] });
  trace.record({ kind: 'scanned', id: ID, verdict: clean, tookMs: 40 });
  const saved = { folder: 'INBOX', reply: '250 2.0.0 Saved', afterMs: 180 } as const;
  trace.record({ kind: 'delivered', id: ID, recipient: SITI, ...saved });
  trace.record({ kind: 'bounced', id: ID, recipient: gone, reply: '550 5.1.1 No such user', bounce: BOUNCE });
  const bounce = { door: 'internal', client: null, login: null, sender: null, parent: ID } as const;
  trace.record({ kind: 'accepted', id: BOUNCE, ...accepted, ...bounce, recovered: false });
}
