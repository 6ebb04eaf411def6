/**
 * The working role: takes messages from the receiver's queue, scans them, decides, delivers. It owns no state but the
 * connections to the programs that it asks; what it does is noted at the receiver.
 */
import { createBounces } from '../deliver/bounce.ts';
import { createLmtpPool, type LmtpPool } from '../deliver/connect.ts';
import { createDeliverStage } from '../deliver/stage.ts';
import type { WorkLink } from '../link/receiver.ts';
import type { PartReport, WorkerReport } from '../link/reports.ts';
import { createContentJudge } from '../policy/judge.ts';
import { createPolicyStage, createScanAndPolicy } from '../policy/stage.ts';
import type { Quarantine } from '../quarantine/quarantine.ts';
import { createBullmqConsumer } from '../queue/bullmq.ts';
import { createRunner } from '../queue/runner.ts';
import { directionOf } from '../rules/evaluate.ts';
import { createClamd } from '../scan/clamd.ts';
import { createScannerHealth, type ScannerHealth } from '../scan/health.ts';
import { createRspamd } from '../scan/rspamd.ts';
import { createScanStage } from '../scan/stage.ts';
import type { RoleDeps } from './role.ts';

export interface WorkDeps extends RoleDeps {
  readonly link: WorkLink;
  readonly quarantine: Quarantine;
}

/** LMTP connections kept open; more gain nothing on one machine. */
const LMTP_KEPT = 4;
/** Opening files keeps a processor busy; on two, a third would only wait. */
const BOXES = 2;
/** How often the receiver is told how the scanners are; at once when that changes. */
const REPORT_MS = 2_000;
const LOOK_MS = 250;

/** Resolves when the receiver can be told how it is; it works at once. */
export async function startWork(deps: WorkDeps): Promise<AsyncDisposable> {
  const { settings, trace, link, quarantine, clock, log } = deps;
  const { hostname, timezone, services, discard, scan, deliver, policy } = settings;
  await using starting = new AsyncDisposableStack();
  const thresholds = () => ({ junk: scan.junkScore, spam: scan.spamScore });
  const rspamd = starting.use(
    createRspamd(within(scan, { endpoint: services.rspamd, hostname, thresholds })),
  );
  const clamd = createClamd(within(scan, { endpoint: services.clamd }));
  const scanners = createScannerHealth({ clamd, rspamd, clock });
  const lmtp = starting.use(
    createLmtpPool(within(deliver, { endpoint: services.lmtp, hostname, keep: LMTP_KEPT })),
  );
  const { spool, verdicts, enter } = link;
  const bounces = createBounces({ spool, enter, hostname, timezone, clock });
  const judge = starting.use(openJudge(deps));
  const stage = { spool, trace, quarantine, clock, log, discard, crashPoint: deps.crashPoint };
  const scanStage = createScanStage({ ...stage, ...scanners, judge, policy, verdicts, settings: scan });
  const policyStage = createPolicyStage({ ...stage, bounces, enter, hostname, timezone });
  starting.use(reporting(deps, scanners, lmtp));
  starting.use(
    createRunner({
      jobs: link.jobs,
      session: link.session,
      consumer: createBullmqConsumer({ endpoint: services.redis, log }),
      handlers: {
        scan: createScanAndPolicy(scanStage, policyStage),
        deliver: createDeliverStage({ ...stage, lmtp, bounces, hostname, settings: deliver }),
      },
      concurrency: { scan: scan.concurrency, deliver: deliver.concurrency },
      crashPoint: deps.crashPoint,
      log,
    }),
  );
  const running = starting.move();
  return { [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** The settings are read at each use: they may change while it lives. */
function openJudge({ settings, clock, log }: WorkDeps) {
  const { policy } = settings;
  return createContentJudge({
    policy: () => policy,
    judged: async (envelope) => ({
      direction: directionOf(envelope),
      agencies: envelope.inspection?.agencies ?? [],
    }),
    openTimeoutMs: () => policy.openTimeoutMs,
    openMemoryBytes: () => policy.openMemoryBytes,
    processes: BOXES,
    clock,
    log,
  });
}

/** The time that a client may take is looked up at each use: the settings may change while it lives. */
function within<Deps extends object>(
  settings: { readonly timeoutMs: number },
  deps: Deps,
): Deps & { readonly timeoutMs: number } {
  return {
    ...deps,
    get timeoutMs() {
      return settings.timeoutMs;
    },
  };
}

/** Tells the receiver how this worker is: it lets no client wait for a verdict that cannot come. */
function reporting({ link, process }: WorkDeps, scanners: ScannerHealth, lmtp: LmtpPool): Disposable {
  let known: Omit<WorkerReport, 'process' | 'scannersUp'> = { parts: [], signaturesAt: null };
  let told: boolean | null = null;
  const tell = (): void => {
    told = scanners.up();
    link.tell({ ...known, process: process(), scannersUp: told });
  };
  const ask = async (): Promise<void> => {
    known = await describe(scanners, lmtp);
    tell();
  };
  tell();
  void ask();
  // What `ask` does cannot fail: a part that does not answer is what it tells.
  const whole = setInterval(() => void ask(), REPORT_MS);
  const quick = setInterval(() => {
    if (scanners.up() === told) return;
    tell();
    void ask();
  }, LOOK_MS);
  return {
    [Symbol.dispose]() {
      clearInterval(whole);
      clearInterval(quick);
    },
  };
}

async function describe(
  scanners: ScannerHealth,
  lmtp: LmtpPool,
): Promise<Omit<WorkerReport, 'process' | 'scannersUp'>> {
  const [found, mailboxes] = await Promise.all([scanners.describe(), lmtp.probe()]);
  const parts: PartReport[] = found.map(({ name, up, detail, version }) => ({
    name,
    up,
    detail: up ? version : detail,
  }));
  parts.push({ name: 'dovecot', ...mailboxes });
  return { parts, signaturesAt: found.find(({ name }) => name === 'clamd')?.signaturesAt ?? null };
}
