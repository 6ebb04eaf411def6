/** What the status and the readiness make of the reports of receiver and workers. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { defaultSettings } from '../../test/support/settings.ts';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { STATUS } from '../http/status.ts';
import { Away } from '../lib/problem.ts';
import type { PartReport, ProcessReport, ReceiverReport, WorkerReport } from '../link/reports.ts';
import { type PartState, writeStackState } from '../stack/state.ts';
import { createReadiness, createStatus } from './status.ts';

const STARTED = Date.UTC(2026, 10, 24, 8);
const DOOR: PartReport = { name: 'door mx', up: true, detail: '127.0.0.1:2525' };
const REDIS: PartReport = { name: 'redis', up: true, detail: null };
const CLAMD: PartReport = { name: 'clamd', up: true, detail: 'ClamAV 1.4.3' };
const CLAMD_DOWN: PartReport = { name: 'clamd', up: false, detail: 'nobody listens there' };
const API = processReport('api', 3, STARTED + 2_000);

function processReport(roles: string, pid: number, startedAt: number, lostEvents = 0): ProcessReport {
  return { roles, pid, startedAt, rssBytes: 1, cpuSeconds: 1, loopDelayMs: 0, lostEvents };
}

function worker(pid: number, changes: Partial<WorkerReport> = {}): WorkerReport {
  const process = processReport('work', pid, STARTED + 1_000, 2);
  return { process, parts: [CLAMD], scannersUp: true, signaturesAt: STARTED, ...changes };
}

function receiver(changes: Partial<ReceiverReport> = {}): ReceiverReport {
  return {
    version: '1.2.3',
    process: processReport('receive', 1, STARTED, 1),
    parts: [DOOR, REDIS],
    connections: 7,
    spool: { messages: 1, segments: 1, parked: 0, freePercent: 50, full: false },
    queue: { available: true, waiting: 1, running: 0, deferred: 0, held: 0 },
    workers: [worker(2)],
    ...changes,
  };
}

const away = () => Promise.reject(new Away('nobody listens there'));

async function statusOf(
  report: () => Promise<ReceiverReport>,
  { own = API, stack = [] as readonly PartState[], findMailbox = async () => null, supervised = true } = {},
) {
  await using folder = await tempFolder();
  await mkdir(join(folder.path, 'run'));
  if (stack.length > 0) {
    const supervisor = supervised ? { pid: 1, identity: null } : null;
    writeStackState(folder.path, { supervisor, ports: { imap: 1, imaps: 2 }, parts: stack });
  }
  const status = await createStatus({
    settings: { ...defaultSettings(), data: folder.path },
    version: '1.2.3',
    process: () => own,
    control: { report },
    deliveryLog: { status: async () => ({ behindBytes: 0, problem: null, badLines: 0 }) },
    directory: { findMailbox },
  })();
  // What the API promises of it.
  return STATUS.parse(status);
}

function supervised(name: string, changes: Partial<PartState> = {}): PartState {
  const runs = { state: 'ready', pid: 9, identity: null, restarts: 0 } as const;
  return { name, ...runs, lastError: null, note: null, since: STARTED + 500, ...changes };
}

const partsOf = async (report: ReceiverReport) => {
  const { parts } = await statusOf(async () => report);
  return parts.map(({ name, up, detail }) => ({ name, up, detail }));
};

test('with the receiver away its part is down, and what only it knows is not known', async () => {
  const status = await statusOf(away);
  expect(status.parts).toEqual([
    { name: 'receiver', up: false, detail: 'nobody listens there', since: null },
  ]);
  expect(status).toMatchObject({ connections: null, spool: null, queue: null, processes: [API] });
  expect(status.startedAt).toBe(API.startedAt);
});

describe('with the receiver away', () => {
  const since = STARTED + 500;
  const stack = [
    supervised('redis'),
    supervised('clamd', { state: 'restarting', pid: null, lastError: 'ended with code 2' }),
    supervised('rspamd', { state: 'starting' }),
    supervised('dovecot'),
    supervised('receive', { state: 'restarting', pid: null, lastError: 'killed' }),
    supervised('work'),
  ];

  test('the neighbours are as the supervisor sees them', async () => {
    const { parts } = await statusOf(away, { stack });
    expect(parts).toEqual([
      { name: 'receiver', up: false, detail: 'nobody listens there', since: null },
      { name: 'redis', up: true, detail: null, since },
      { name: 'clamd', up: false, detail: 'ended with code 2', since },
      { name: 'rspamd', up: false, detail: 'starting', since },
      { name: 'dovecot', up: true, detail: null, since },
    ]);
  });

  test('a supervisor that stopped knows nothing of now', async () => {
    const { parts } = await statusOf(away, { stack, supervised: false });
    expect(parts.map(({ name }) => name)).toEqual(['receiver']);
  });
});

test('what receiver and workers tell counts, and the supervisor only for the rest', async () => {
  const stack = [supervised('redis', { state: 'stopped' }), supervised('clamd'), supervised('dovecot')];
  const report = receiver({ workers: [worker(2, { parts: [CLAMD_DOWN] })] });
  const { parts } = await statusOf(async () => report, { stack });
  expect(parts.map(({ name, up }) => [name, up])).toEqual([
    ['door mx', true],
    ['redis', true],
    ['clamd', false],
    ['dovecot', true],
  ]);
});

test('an error that is not the receiver’s absence is not hidden', async () => {
  await expect(statusOf(() => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug');
});

test('without a worker there is a part that says what becomes of mail', async () => {
  expect(await partsOf(receiver({ workers: [] }))).toEqual([
    DOOR,
    REDIS,
    { name: 'worker', up: false, detail: 'no worker is connected; mail is accepted and waits in the spool' },
  ]);
});

test('with the directory away there is a part that says so', async () => {
  const findMailbox = () => Promise.reject(new Error('the database is away'));
  const { parts } = await statusOf(away, { findMailbox });
  expect(parts.at(-1)).toMatchObject({
    name: 'directory',
    up: false,
    detail: expect.stringMatching(/^the database is away; /),
  });
});

for (const [name, workers] of [
  ['the first', [worker(2, { parts: [CLAMD_DOWN] }), worker(4)]],
  ['the last', [worker(2), worker(4, { parts: [CLAMD_DOWN] })]],
] as const) {
  test(`a part that ${name} of two workers cannot reach is shown once, and down`, async () => {
    expect(await partsOf(receiver({ workers }))).toEqual([DOOR, REDIS, CLAMD_DOWN]);
  });
}

test('every process is there once, this one among them, and what they lost is added up', async () => {
  const own = processReport('work,api', 2, STARTED + 1_000, 5);
  const report = receiver({ workers: [worker(2), worker(4)] });
  const { processes, lostEvents, startedAt } = await statusOf(async () => report, { own });
  expect(processes.map(({ pid }) => pid)).toEqual([1, 4, 2]);
  expect([lostEvents, startedAt]).toEqual([1 + 2 + 5, STARTED]);
});

test('the supervisor’s notes say since when a part is so, and that only the test virus is known', async () => {
  const clamd = supervised('clamd', { note: 'only the EICAR test virus is known' });
  const report = async () => receiver();
  const status = await statusOf(report, { stack: [clamd] });
  const since = Object.fromEntries(status.parts.map((part) => [part.name, part.since]));
  expect(since).toEqual({ 'door mx': STARTED, redis: null, clamd: STARTED + 500 });
  expect(status.signatures).toEqual({ date: STARTED, testOnly: true });
  expect((await statusOf(report)).signatures).toEqual({ date: STARTED, testOnly: false });
});

describe('readiness', () => {
  const closed = { ...DOOR, up: false };
  const cases: [
    name: string,
    report: () => Promise<ReceiverReport>,
    directory: boolean,
    missing: string[],
  ][] = [
    ['all is there', async () => receiver(), true, []],
    ['the receiver is away', away, true, ['receiver']],
    ['no door is open', async () => receiver({ parts: [closed, REDIS] }), true, ['doors']],
    ['no worker is connected', async () => receiver({ workers: [] }), true, ['worker']],
    ['the directory does not answer', async () => receiver(), false, ['directory']],
    ['all is away', away, false, ['receiver', 'directory']],
    [
      'scanners and Redis are away, without which mail is taken',
      async () =>
        receiver({
          parts: [DOOR, { ...REDIS, up: false }],
          workers: [worker(2, { parts: [CLAMD_DOWN], scannersUp: false })],
        }),
      true,
      [],
    ],
  ];
  for (const [name, report, answers, missing] of cases) {
    test(name, async () => {
      const findMailbox = async () => {
        if (!answers) throw new Error('the database is away');
        return null;
      };
      const ready = createReadiness({ control: { report }, directory: { findMailbox } });
      expect(await ready()).toEqual({ missing });
    });
  }
});
