/**
 * The real API on a real socket with a real delivery log, over small stand-ins for directory, spool and quarantine:
 * what these say is fixed here, so that answers and command output can be compared as a whole.
 */
import { join } from 'node:path';
import type { Agency, User } from '../../src/directory/directory.ts';
import { type Api, type ApiDeps, createApi } from '../../src/http/api.ts';
import type { Status } from '../../src/http/status.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { type Log, silentLog } from '../../src/lib/log.ts';
import { type Address, type DomainName, parseAddress, parseDomain } from '../../src/mail/address.ts';
import type { AgencyId, Envelope, UserId } from '../../src/mail/envelope.ts';
import { type MessageId, parseMessageId } from '../../src/mail/message-id.ts';
import type { QuarantineItem } from '../../src/quarantine/quarantine.ts';
import type { SpooledMessage } from '../../src/spool/spool.ts';
import type { Trace } from '../../src/trace/events.ts';
import { createTrace } from '../../src/trace/recorder.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** 16:40:12 in Kuala Lumpur. */
export const NOW = Date.UTC(2026, 10, 24, 8, 40, 12);
export const fixedClock: Clock = { ...systemClock, now: () => NOW };

export const ID = messageId('m1kfq3x8z0a7c2d4e6');
export const BOUNCE = messageId('m1kfq3x8z1a7c2d4e7');
export const ALI = address('ali@moh.example');
export const SITI = address('siti@moh.example');
const AGENCY_ID = 'agency-1' as AgencyId;

export interface SmallServer extends AsyncDisposable {
  readonly path: string;
  readonly trace: Trace;
  readonly status: { -readonly [K in keyof Status]: Status[K] };
  readonly kept: QuarantineItem[];
  readonly waiting: SpooledMessage[];
  stop(): Promise<void>;
}

export interface SmallServerOptions {
  readonly log?: Log;
  readonly follow?: ApiDeps['follow'];
  readonly status?: () => Promise<Status>;
}

export async function startSmallServer(options: SmallServerOptions = {}): Promise<SmallServer> {
  const folder = await tempFolder();
  const log = options.log ?? silentLog;
  const trace = await createTrace({ folder: join(folder.path, 'trace'), clock: fixedClock, log });
  const status = healthyStatus();
  const kept: QuarantineItem[] = [];
  const waiting: SpooledMessage[] = [];
  const path = join(folder.path, 'run', 'api.sock');
  const api: Api = createApi({
    directory: smallDirectory(),
    spool: {
      get: (id) => waiting.find((message) => message.envelope.id === id),
      list: () => waiting,
      get status() {
        return { ...status.spool, messages: waiting.length };
      },
    },
    quarantine: {
      list: async () => kept,
      get: async (id) => kept.find((item) => item.envelope.id === id) ?? null,
    },
    trace,
    status: options.status ?? (async () => status),
    log,
    endpoint: { kind: 'unix', path },
    ...(options.follow && { follow: options.follow }),
  });
  await api.listen();
  const stop = async (): Promise<void> => api[Symbol.asyncDispose]();
  return {
    path,
    trace,
    status,
    kept,
    waiting,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await trace[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function smallDirectory(): ApiDeps['directory'] {
  const agencies: Agency[] = [];
  const users: User[] = [];
  return {
    async addAgency(agency) {
      if (agencies.some(({ code }) => code === agency.code)) {
        return { kind: 'refused', problem: `agency code "${agency.code}" is taken; choose another` };
      }
      const domains = agency.domains.map(domain);
      const { code, name, gradeScheme, quotaBytes = null } = agency;
      const value = { id: AGENCY_ID, code, name, domains, gradeScheme, quotaBytes, createdAt: NOW };
      agencies.push(value);
      return { kind: 'done', value };
    },
    listAgencies: async () => agencies,
    async addUser(user) {
      const parsed = parseAddress(user.address);
      if (!parsed)
        return { kind: 'refused', problem: `"${user.address}" is not an address; write name@domain` };
      const id = `user-${users.length}` as UserId;
      const effectiveQuotaBytes = user.quotaBytes ?? 500 * 1024 * 1024;
      const rest = { id, agencyId: AGENCY_ID, effectiveQuotaBytes, active: true, createdAt: NOW };
      const value = { ...user, address: parsed, ...rest };
      users.push(value);
      return { kind: 'done', value: { user: value, password: 'correct-horse' } };
    },
    listUsers: async ({ agency }) => (agency === null || agency === 'moh' ? users : []),
    async resetPassword(text) {
      const user = users.find((each) => each.address === text);
      if (!user) return { kind: 'refused', problem: `there is no user ${text}; see geganti user list` };
      return { kind: 'done', value: { user, password: 'battery-staple' } };
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

export function healthyStatus(): { -readonly [K in keyof Status]: Status[K] } {
  return {
    version: '0.1.0',
    startedAt: NOW - 7_380_000,
    parts: [
      { name: 'redis', up: true, detail: '/run/redis.sock', since: NOW - 7_380_000 },
      { name: 'clamd', up: true, detail: null, since: null },
    ],
    signatures: { date: NOW - 93_600_000, testOnly: false },
    spool: { messages: 0, segments: 1, parked: 0, freePercent: 43.2, full: false },
    queue: { available: true, waiting: 0, running: 0, deferred: 0 },
    lostEvents: 0,
  };
}

export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed) throw new Error(`not an address: ${text}`);
  return parsed;
}

function domain(text: string): DomainName {
  const parsed = parseDomain(text);
  if (!parsed) throw new Error(`not a domain: ${text}`);
  return parsed;
}

export function messageId(text: string): MessageId {
  const parsed = parseMessageId(text);
  if (!parsed) throw new Error(`not a message id: ${text}`);
  return parsed;
}

/** Events of a message that was delivered, and one that bounced. */
export function recordPath(trace: Trace): void {
  const { door, client, login, sender, sizeBytes, messageIdHeader, parent } = envelope(ID);
  const recipients = [
    { address: SITI, agencyId: AGENCY_ID },
    { address: address('gone@moh.example'), agencyId: AGENCY_ID },
  ];
  const accepted = { door, client, login, sender, recipients, sizeBytes, messageIdHeader, parent };
  trace.record({ kind: 'accepted', id: ID, ...accepted, recovered: false });
  const verdict = {
    kind: 'clean',
    signature: null,
    score: 0.1,
    junkScore: 6,
    symbols: ['MIME_GOOD'],
  } as const;
  trace.record({ kind: 'scanned', id: ID, verdict, tookMs: 40 });
  trace.record({ kind: 'delivered', id: ID, recipient: SITI, folder: 'INBOX', reply: '250 2.0.0 Saved' });
  const gone = address('gone@moh.example');
  trace.record({ kind: 'bounced', id: ID, recipient: gone, reply: '550 5.1.1 No such user', bounce: BOUNCE });
  const bounce = {
    ...accepted,
    door: 'internal',
    client: null,
    login: null,
    sender: null,
    parent: ID,
  } as const;
  trace.record({ kind: 'accepted', id: BOUNCE, ...bounce, recovered: false });
}
