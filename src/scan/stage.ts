/**
 * The scan stage: asks both scanners about one message and reports the verdict to whoever waits for it.
 *
 * Invariants: a message leaves this stage with a verdict, refused, or not at all (promise P3: a missing scanner makes
 * it wait, visibly). The stage answers no client: it reports, and the receiver alone says `5xx` or `250`.
 */
import type { Readable } from 'node:stream';
import type { ScanSettings } from '../config/settings.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Address } from '../mail/address.ts';
import type { Envelope } from '../mail/envelope.ts';
import type { ScanFailure, ScanResult } from '../mail/verdict.ts';
import type { StageHandler, StepResult } from '../queue/queue.ts';
import type { Verdicts } from '../queue/verdicts.ts';
import type { Spool, SpooledMessage } from '../spool/spool.ts';
import type { Trace } from '../trace/events.ts';
import { scanRetryAt } from './retry.ts';
import type { SpamFilter, VirusScanner } from './scanner.ts';
import { combine, isInfection } from './verdict.ts';

export interface ScanStageDeps {
  readonly spool: Pick<Spool, 'get' | 'read' | 'setVerdict' | 'defer' | 'settle'>;
  readonly trace: Pick<Trace, 'record'>;
  readonly verdicts: Pick<Verdicts, 'report' | 'giveUp'>;
  readonly clamd: VirusScanner;
  readonly rspamd: SpamFilter;
  readonly settings: ScanSettings;
  readonly clock: Clock;
  readonly log: Log;
  /** For measuring: every message ends here, unscanned and undelivered. */
  readonly discard: boolean;
}

export function createScanStage(deps: ScanStageDeps): StageHandler {
  const { spool, trace, verdicts, clock } = deps;

  return async (id, signal) => {
    const message = spool.get(id);
    if (!message) return { kind: 'finished' };
    if (deps.discard) return discardAll(deps, message);
    // Scanned before a restart, or before this step's job was repeated.
    if (message.verdict) return { kind: 'next', stage: 'deliver' };

    const startedMs = clock.elapsedMs();
    const result = await scanBoth(deps, message.envelope, signal).catch((error: unknown) => {
      if (!spool.get(id)) return null;
      throw error;
    });
    if (!result) return { kind: 'finished' };
    if (result.kind === 'unavailable') {
      // Cancelled by us, because the server stops: nobody's failure, and no attempt.
      if (signal.aborted) return { kind: 'retry', stage: 'scan', at: clock.now() };
      return postpone(deps, message, result);
    }

    trace.record({ kind: 'scanned', id, verdict: result, tookMs: Math.round(clock.elapsedMs() - startedMs) });
    if (verdicts.report(id, result) === 'refused') return { kind: 'finished' };
    await spool.setVerdict(id, result);
    return { kind: 'next', stage: 'deliver' };
  };
}

/** Side by side, each with a read of its own. A virus is decided without waiting for the spam filter. */
async function scanBoth(deps: ScanStageDeps, envelope: Envelope, signal: AbortSignal): Promise<ScanResult> {
  const enough = new AbortController();
  const until = AbortSignal.any([signal, enough.signal]);
  const content = (): Promise<Readable> => deps.spool.read(envelope.id);
  try {
    const [virus, spam] = await Promise.all([
      deps.clamd.scan(content, until).then((answer) => {
        if (isInfection(answer)) enough.abort();
        return answer;
      }),
      deps.rspamd.scan(envelope, content, until),
    ]);
    return combine(virus, spam);
  } finally {
    enough.abort();
  }
}

async function postpone(
  deps: ScanStageDeps,
  message: SpooledMessage,
  failure: ScanFailure,
): Promise<StepResult> {
  const { envelope, scan } = message;
  const attempt = scan.attempts + 1;
  const at = scanRetryAt(deps.settings, { attempt, now: deps.clock.now(), random: Math.random() });
  const reason = `${failure.scanner}: ${failure.detail}`.slice(0, 500);
  const recipients = unsettled(message);
  deps.verdicts.giveUp(envelope.id);
  await deps.spool.defer(envelope.id, { stage: 'scan', recipients, attempt, nextTryAt: at, reason });
  deps.trace.record({
    kind: 'deferred',
    id: envelope.id,
    stage: 'scan',
    recipients,
    attempt,
    nextTryAt: at,
    reason,
  });
  deps.log.warn({ id: envelope.id, attempt, reason }, 'message waits: it could not be scanned');
  return { kind: 'retry', stage: 'scan', at };
}

async function discardAll(deps: ScanStageDeps, message: SpooledMessage): Promise<StepResult> {
  const { id } = message.envelope;
  deps.verdicts.giveUp(id);
  for (const recipient of unsettled(message)) {
    deps.trace.record({ kind: 'discarded', id, recipient, rule: 'bench', reply: '' });
    await deps.spool.settle(id, recipient, { kind: 'discarded', rule: 'bench', reply: '' });
  }
  return { kind: 'finished' };
}

function unsettled(message: SpooledMessage): Address[] {
  return message.recipients.filter((state) => state.outcome === null).map((state) => state.address);
}
