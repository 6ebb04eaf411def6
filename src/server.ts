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
import { createApi } from './http/api.ts';
import type { PartStatus, Status } from './http/status.ts';
import { ensureCertificate } from './lib/certificate.ts';
import { type Clock, systemClock } from './lib/clock.ts';
import type { CrashPoint } from './lib/crash-point.ts';
import { formatEndpoint } from './lib/endpoint.ts';
import type { Log } from './lib/log.ts';
import type { MessageId } from './mail/message-id.ts';
import { createPolicyStage, createScanAndPolicy } from './policy/stage.ts';
import { createQuarantine } from './quarantine/disk-quarantine.ts';
import { createBullmqStore } from './queue/bullmq.ts';
import { createFeeder } from './queue/feeder.ts';
import type { Queue } from './queue/queue.ts';
import { createVerdicts } from './queue/verdicts.ts';
import { type BoundAddresses, createReceiver, type Receiver } from './receive/receiver.ts';
import { createClamd } from './scan/clamd.ts';
import { createScannerHealth, type ScannerHealth } from './scan/health.ts';
import { createRspamd } from './scan/rspamd.ts';
import { createScanStage } from './scan/stage.ts';
import { createSpool } from './spool/disk-spool.ts';
import type { Spool, SpooledMessage } from './spool/spool.ts';
import { type Part, readStackState } from './stack/stack.ts';
import { acceptedEvent, type Trace } from './trace/events.ts';
import { createTrace } from './trace/recorder.ts';

export interface Server extends AsyncDisposable {
  readonly addresses: BoundAddresses;
}

export interface ServerDeps {
  readonly settings: Settings;
  readonly log: Log;
  readonly version: string;
  readonly clock?: Clock;
  readonly crashPoint: CrashPoint;
}

const RECONCILE_MS = 60_000;
const EXPIRE_MS = 3_600_000;
/** LMTP connections kept open; more gain nothing on one machine. */
const LMTP_KEPT = 4;

/** Throws a Problem when a folder, a port or the database cannot be had; nothing stays open then. */
export async function startServer(deps: ServerDeps): Promise<Server> {
  const { settings, log, clock = systemClock, crashPoint } = deps;
  const { data, hostname, services } = settings;
  await using starting = new AsyncDisposableStack();

  const spoolFolder = join(data, 'spool');
  const { spool, recovered } = await createSpool({
    folder: spoolFolder,
    settings: settings.spool,
    clock,
    log,
    crashPoint,
  });
  starting.use(spool);
  const trace = starting.use(await createTrace({ folder: join(data, 'log'), clock, log }));
  recordRecovered(trace, recovered);

  const database = await openDirectoryDatabase({ file: join(data, 'directory', 'directory.db') });
  const directory = starting.use(
    await createDirectory({ database, grades: settings.directory.grades, clock, log }),
  );
  const quarantine = starting.use(
    await createQuarantine({ folder: join(data, 'quarantine'), settings: settings.quarantine, clock, log }),
  );
  starting.use(every(EXPIRE_MS, () => quarantine.expire(), log));

  const { timeoutMs } = settings.scan;
  const rspamd = starting.use(createRspamd({ endpoint: services.rspamd, timeoutMs, hostname }));
  const scanners = createScannerHealth({
    clamd: createClamd({ endpoint: services.clamd, timeoutMs }),
    rspamd,
    clock,
  });
  const lmtp = starting.use(
    createLmtpPool({
      endpoint: services.lmtp,
      hostname,
      timeoutMs: settings.deliver.timeoutMs,
      keep: LMTP_KEPT,
    }),
  );

  const verdicts = createVerdicts();
  const stage = { spool, trace, clock, log, discard: settings.discard };
  const submit = (id: MessageId): void => queue.submit(id);
  const bounces = createBounces({ spool, trace, submit, hostname, timezone: settings.timezone, clock });
  const queue: Queue = createFeeder({
    spool,
    store: createBullmqStore({ endpoint: services.redis, log }),
    handlers: {
      scan: createScanAndPolicy(
        createScanStage({
          ...stage,
          verdicts,
          clamd: scanners.clamd,
          rspamd: scanners.rspamd,
          settings: settings.scan,
        }),
        createPolicyStage({ spool, trace, quarantine, log }),
      ),
      deliver: createDeliverStage({
        ...stage,
        lmtp,
        bounces,
        quarantine,
        hostname,
        settings: settings.deliver,
      }),
    },
    concurrency: { scan: settings.scan.concurrency, deliver: settings.deliver.concurrency },
    reconcileMs: RECONCILE_MS,
    clock,
    log,
  });
  starting.use(queue);

  const certificate = await ensureCertificate({
    folder: join(data, 'certificate'),
    hostname,
    given: settings.certificate,
    log,
  });
  const tls = { cert: await readFile(certificate.cert), key: await readFile(certificate.key) };
  const receiver = starting.use(
    createReceiver({
      settings,
      tls,
      directory,
      spool,
      queue,
      verdicts,
      trace,
      clock,
      log,
      scannersUp: () => scanners.up(),
      discard: settings.discard,
    }),
  );
  const startedAt = clock.now();
  const status = (): Promise<Status> =>
    gatherStatus({
      settings,
      version: deps.version,
      startedAt,
      scanners,
      lmtp,
      receiver,
      spool,
      queue,
      trace,
    });
  const api = starting.use(
    createApi({ directory, spool, quarantine, trace, status, log, endpoint: services.api }),
  );
  const addresses = await receiver.listen();
  await api.listen();
  log.info({ addresses, recovered: recovered.length }, 'ready');

  const running = starting.move();
  return { addresses, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** A message in the spool without a final outcome was accepted: the events of a crashed run may lack it. */
function recordRecovered(trace: Trace, recovered: readonly SpooledMessage[]): void {
  for (const { envelope } of recovered) trace.record(acceptedEvent(envelope, true));
}

interface StatusSources {
  readonly settings: Settings;
  readonly version: string;
  readonly startedAt: number;
  readonly scanners: ScannerHealth;
  readonly lmtp: LmtpPool;
  readonly receiver: Receiver;
  readonly spool: Spool;
  readonly queue: Queue;
  readonly trace: Trace;
}

async function gatherStatus(sources: StatusSources): Promise<Status> {
  const { settings, spool, queue, trace } = sources;
  const [scanners, mailboxes] = await Promise.all([sources.scanners.describe(), sources.lmtp.probe()]);
  const stack = readStackState(settings.data);
  const supervised = (name: string): Part | undefined => stack?.parts.find((part) => part.name === name);
  const since = (name: string): number | null => supervised(name)?.since ?? null;
  const doors = Object.entries(sources.receiver.addresses).filter(([, bound]) => bound.length > 0);
  const parts: PartStatus[] = [
    ...doors.map(([door, bound]) => ({
      name: `door ${door}`,
      up: true,
      detail: bound
        .map(({ address, port }) => formatEndpoint({ kind: 'tcp', host: address, port }))
        .join(', '),
      since: sources.startedAt,
    })),
    {
      name: 'redis',
      up: queue.available,
      detail: queue.available ? null : 'mail is accepted and waits in the spool',
      since: since('redis'),
    },
    ...scanners.map(({ name, up, detail, version }) => ({
      name,
      up,
      detail: up ? version : detail,
      since: since(name),
    })),
    { name: 'dovecot', up: mailboxes.up, detail: mailboxes.detail, since: since('dovecot') },
  ];
  const clamd = scanners.find((scanner) => scanner.name === 'clamd');
  const testOnly = supervised('clamd')?.note !== null && supervised('clamd') !== undefined;
  return {
    version: sources.version,
    startedAt: sources.startedAt,
    parts,
    signatures: { date: clamd?.signaturesAt ?? null, testOnly },
    spool: spool.status,
    queue: queue.status,
    lostEvents: trace.lost,
  };
}

function every(ms: number, work: () => Promise<unknown>, log: Log): Disposable {
  const timer = setInterval(() => {
    void work().catch((error: unknown) => log.error({ error: String(error) }, 'a regular task failed'));
  }, ms);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
