/**
 * The composition root: from settings to a running server. The only file that knows every folder. What starts last
 * stops first: the doors close, work in hand ends, the queue lets go, the spool is synced and released.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings } from './config/settings.ts';
import { openDirectoryDatabase } from './db/open.ts';
import { createBounces } from './deliver/bounce.ts';
import { createLmtpPool, type LmtpPool } from './deliver/connect.ts';
import { createDeliverStage } from './deliver/stage.ts';
import { createDirectory } from './directory/database-directory.ts';
import type { Directory } from './directory/directory.ts';
import { createApi } from './http/api.ts';
import type { Status } from './http/status.ts';
import { ensureCertificate } from './lib/certificate.ts';
import { systemClock } from './lib/clock.ts';
import type { CrashPoint } from './lib/crash-point.ts';
import type { Log } from './lib/log.ts';
import type { MessageId } from './mail/message-id.ts';
import { createPolicyStage, createScanAndPolicy } from './policy/stage.ts';
import { createQuarantine } from './quarantine/disk-quarantine.ts';
import type { Quarantine } from './quarantine/quarantine.ts';
import { createBullmqStore } from './queue/bullmq.ts';
import { createFeeder } from './queue/feeder.ts';
import type { Queue } from './queue/queue.ts';
import { createVerdicts, type Verdicts } from './queue/verdicts.ts';
import { type BoundAddresses, createReceiver, type Receiver } from './receive/receiver.ts';
import { createClamd } from './scan/clamd.ts';
import { createScannerHealth, type ScannerHealth } from './scan/health.ts';
import { createRspamd } from './scan/rspamd.ts';
import { createScanStage } from './scan/stage.ts';
import { gatherStatus } from './server-status.ts';
import { createSpool } from './spool/disk-spool.ts';
import type { Spool } from './spool/spool.ts';
import { acceptedEvent, type Trace } from './trace/events.ts';
import { createTrace } from './trace/recorder.ts';

export interface Server extends AsyncDisposable {
  readonly addresses: BoundAddresses;
}

export interface ServerDeps {
  readonly settings: Settings;
  readonly log: Log;
  readonly version: string;
  readonly crashPoint: CrashPoint;
}

const clock = systemClock;
const RECONCILE_MS = 60_000;
const EXPIRE_MS = 3_600_000;
/** LMTP connections kept open; more gain nothing on one machine. */
const LMTP_KEPT = 4;

/** Throws a Problem when a folder, a port or the database cannot be had; nothing stays open then. */
export async function startServer(deps: ServerDeps): Promise<Server> {
  const { settings, log, version } = deps;
  await using starting = new AsyncDisposableStack();
  const startedAt = systemClock.now();
  const stores = await openStores(deps, starting);
  const work = startWork(deps, stores, starting);
  const receiver = starting.use(await createDoors(deps, stores, work));
  const status = (): Promise<Status> =>
    gatherStatus({ settings, version, startedAt, receiver, ...stores, ...work });
  const api = starting.use(createApi({ ...stores, status, log, endpoint: settings.services.api }));

  const addresses = await receiver.listen();
  await api.listen();
  log.info({ addresses, recovered: stores.recovered }, 'ready');
  const running = starting.move();
  return { addresses, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

interface Stores {
  readonly spool: Spool;
  readonly trace: Trace;
  readonly directory: Directory;
  readonly quarantine: Quarantine;
  /** Messages that an earlier run left unfinished. */
  readonly recovered: number;
}

/** What lies on the disk. The spool first: its lock tells a second server to stay away. */
async function openStores(deps: ServerDeps, starting: AsyncDisposableStack): Promise<Stores> {
  const { settings, log, crashPoint } = deps;
  const { data } = settings;
  const base = { clock, log };
  const { spool, recovered } = await createSpool({
    ...base,
    folder: join(data, 'spool'),
    settings: settings.spool,
    crashPoint,
  });
  starting.use(spool);
  const trace = starting.use(await createTrace({ ...base, folder: join(data, 'log') }));
  // A message in the spool without a final outcome was accepted: the events of a crashed run may lack it.
  for (const { envelope } of recovered) trace.record(acceptedEvent(envelope, true));

  const database = await openDirectoryDatabase({ file: join(data, 'directory', 'directory.db') });
  const directory = starting.use(
    await createDirectory({ ...base, database, grades: settings.directory.grades }),
  );
  const quarantine = starting.use(
    await createQuarantine({ ...base, folder: join(data, 'quarantine'), settings: settings.quarantine }),
  );
  starting.use(every(EXPIRE_MS, () => quarantine.expire(), log));
  return { spool, trace, directory, quarantine, recovered: recovered.length };
}

interface Work {
  readonly queue: Queue;
  readonly verdicts: Verdicts;
  readonly scanners: ScannerHealth;
  readonly lmtp: LmtpPool;
}

/** The stages behind the spool, and the queue that drives them. */
function startWork({ settings, log }: ServerDeps, stores: Stores, starting: AsyncDisposableStack): Work {
  const { hostname, timezone, services, discard, scan, deliver } = settings;
  const { spool, trace, quarantine } = stores;
  const rspamd = starting.use(
    createRspamd({ endpoint: services.rspamd, timeoutMs: scan.timeoutMs, hostname }),
  );
  const clamd = createClamd({ endpoint: services.clamd, timeoutMs: scan.timeoutMs });
  const scanners = createScannerHealth({ clamd, rspamd, clock });
  const { timeoutMs } = deliver;
  const lmtp = starting.use(
    createLmtpPool({ endpoint: services.lmtp, hostname, timeoutMs, keep: LMTP_KEPT }),
  );

  const verdicts = createVerdicts();
  const submit = (id: MessageId): void => queue.submit(id);
  const bounces = createBounces({ spool, trace, submit, hostname, timezone, clock });
  const stage = { spool, trace, quarantine, clock, log, discard };
  const scanStage = createScanStage({ ...stage, ...scanners, verdicts, settings: scan });
  const queue: Queue = createFeeder({
    spool,
    postponed: (id, deferral) => trace.record({ kind: 'deferred', id, ...deferral }),
    store: createBullmqStore({ endpoint: services.redis, log }),
    handlers: {
      scan: createScanAndPolicy(scanStage, createPolicyStage(stage)),
      deliver: createDeliverStage({ ...stage, lmtp, bounces, hostname, settings: deliver }),
    },
    concurrency: { scan: scan.concurrency, deliver: deliver.concurrency },
    reconcileMs: RECONCILE_MS,
    clock,
    log,
  });
  starting.use(queue);
  return { queue, verdicts, scanners, lmtp };
}

async function createDoors({ settings, log }: ServerDeps, stores: Stores, work: Work): Promise<Receiver> {
  const folder = join(settings.data, 'certificate');
  const { hostname, certificate: given, discard } = settings;
  const { cert, key } = await ensureCertificate({ folder, hostname, given, log });
  const tls = { cert: await readFile(cert), key: await readFile(key) };
  const scannersUp = (): boolean => work.scanners.up();
  return createReceiver({ ...stores, ...work, settings, tls, clock, log, scannersUp, discard });
}

function every(ms: number, work: () => Promise<unknown>, log: Log): Disposable {
  const timer = setInterval(() => {
    void work().catch((error: unknown) => log.error({ err: error }, 'a regular task failed'));
  }, ms);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
