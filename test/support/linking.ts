/**
 * A receiver without doors: a real spool, the queue (over a store in memory, unless a test has a better one), and the
 * socket at which workers reach them. It can be ended and started again on the same folder, as a receiver that restarts.
 */
import { join } from 'node:path';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { connectLink, type RemoteLink } from '../../src/link/client.ts';
import { createEnter } from '../../src/link/enter.ts';
import type { WorkerReport } from '../../src/link/reports.ts';
import { type ReportOfReceiver, serveLink, type Workers } from '../../src/link/server.ts';
import type { MessageId } from '../../src/mail/message-id.ts';
import type { Job, JobStore } from '../../src/queue/job-store.ts';
import type { Queue } from '../../src/queue/queue.ts';
import { createQueue } from '../../src/queue/scheduled-queue.ts';
import { createVerdicts, type Verdicts } from '../../src/queue/verdicts.ts';
import type { Spool } from '../../src/spool/spool.ts';
import { createFakeTrace } from './fake-spool.ts';
import { openSpool, store } from './spooling.ts';
import { waitFor } from './wait-for.ts';

const LINK_VERSION = '1.2.3';

export interface TestReceiver extends AsyncDisposable {
  readonly spool: Spool;
  readonly queue: Queue;
  readonly verdicts: Verdicts;
  readonly workers: Workers;
  readonly trace: ReturnType<typeof createFakeTrace>;
  /** What was handed out. */
  readonly jobs: readonly Job[];
  /** A message from nobody in particular, that is handed out when this resolves. */
  put(sizeBytes?: number, recipients?: number): Promise<MessageId>;
}

export async function startTestReceiver(
  folder: string,
  changes: { readonly spool?: Parameters<typeof openSpool>[1]; readonly jobStore?: JobStore } = {},
): Promise<TestReceiver> {
  await using starting = new AsyncDisposableStack();
  const { spool } = await openSpool(join(folder, 'spool'), changes.spool);
  starting.use(spool);
  const trace = createFakeTrace();
  const jobs: Job[] = [];
  const base = { clock: systemClock, log: silentLog };
  const jobStore = changes.jobStore ?? memoryStore(jobs);
  const queue = starting.use(createQueue({ ...base, spool, trace, store: jobStore, reconcileMs: 60_000 }));
  const verdicts = createVerdicts();
  const report = (): ReportOfReceiver => ({
    version: LINK_VERSION,
    process: processReport('receive'),
    parts: [],
    connections: 0,
    spool: spool.status,
    queue: queue.status,
  });
  const directory = { findMailbox: async () => null, findAdministrators: async () => [] };
  const enter = createEnter({ ...base, spool, queue, trace, directory });
  const ends = { spool, queue, verdicts, enter, report, version: LINK_VERSION };
  const workers = starting.use(await serveLink({ ...base, ...ends, endpoint: endpointIn(folder) }));
  const running = starting.move();
  return {
    ...{ spool, queue, verdicts, workers, trace, jobs },
    async put(sizeBytes = 3_000, recipients = 1) {
      const { id } = await store(spool, sizeBytes, { recipients });
      queue.submit(id);
      await waitFor('the job', () => (jobs.some((job) => job.id === id) ? true : undefined));
      return id;
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

export function endpointIn(folder: string) {
  return { kind: 'unix', path: join(folder, 'link.sock') } as const;
}

/** Connected when it resolves, unless `wait` is false. */
export async function openTestLink(
  folder: string,
  { roles = ['work'], version = LINK_VERSION, wait = true } = {},
): Promise<RemoteLink> {
  const base = { clock: systemClock, log: silentLog };
  const link = connectLink({ ...base, endpoint: endpointIn(folder), version, roles });
  if (wait) await link.whenConnected();
  return link;
}

export function workerReport(scannersUp: boolean): WorkerReport {
  return { process: processReport('work'), parts: [], scannersUp, signaturesAt: null };
}

function processReport(roles: string) {
  const figures = { rssBytes: 1, cpuSeconds: 1, loopDelayMs: 0, lostEvents: 0 };
  return { roles, pid: process.pid, startedAt: 0, ...figures };
}

/** Forgets nothing. */
function memoryStore(jobs: Job[]): JobStore {
  return {
    available: true,
    problem: null,
    onReady: () => {},
    async add(_stage, added) {
      jobs.push(...added);
      return true;
    },
    has: async () => true,
    [Symbol.asyncDispose]: async () => {},
  };
}
