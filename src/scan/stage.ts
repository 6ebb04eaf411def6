/**
 * The scan stage: asks both scanners about one message, has its content opened and judged, and reports the verdict to
 * whoever waits for it.
 *
 * Invariants: a message leaves this stage with a verdict, refused, or not at all (promise P3: a missing scanner makes
 * it wait, visibly). The stage answers no client: it reports, and the receiver alone says `5xx` or `250`.
 * A message that an earlier run left is written down as waiting before it is scanned: should it be what ended that run,
 * it does not come back at once at each start. New mail, the many, is spared the write.
 */
import type { Readable } from 'node:stream';
import type { ScanSettings } from '../config/settings.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { messageOf } from '../lib/problem.ts';
import type { Address } from '../mail/address.ts';
import type { Envelope } from '../mail/envelope.ts';
import type { Found } from '../mail/finding.ts';
import type { MessageId } from '../mail/message-id.ts';
import { printable } from '../mail/reply.ts';
import type { Verdict } from '../mail/verdict.ts';
import type { WorkCrash } from '../queue/crash-points.ts';
import type { StageHandler, StepResult } from '../queue/queue.ts';
import type { VerdictReports } from '../queue/verdicts.ts';
import type { ContentPolicy } from '../rules/content-policy.ts';
import { directionOf } from '../rules/evaluate.ts';
import { type Deferral, type Spool, type SpooledMessage, waitingIn } from '../spool/spool.ts';
import type { Trace } from '../trace/events.ts';
import { scanRetryAt } from './retry.ts';
import type { Content, SpamFilter, VirusScanner } from './scanner.ts';
import {
  type ContentAnswer,
  combine,
  isInfection,
  type MissingAnswer,
  type Rules,
  unscannableInTime,
} from './verdict.ts';

/** So often may a scanner that works run out of time over one message; a restart begins to count anew. */
const TIMEOUTS_OF_ONE = 5;

/** The part that is used of who judges content (`policy/judge.ts`). */
export interface Judge {
  /** A hostile file is a finding. Rejects when the content cannot be read or `signal` is aborted. */
  inspect(envelope: Envelope, content: Content, signal: AbortSignal): Promise<readonly Found[]>;
}

export interface ScanStageDeps {
  readonly spool: Pick<Spool, 'get' | 'read' | 'setVerdict' | 'defer' | 'settle'>;
  readonly trace: Pick<Trace, 'record'>;
  readonly verdicts: VerdictReports;
  readonly clamd: VirusScanner;
  readonly rspamd: SpamFilter;
  readonly judge: Judge;
  /** Read at each message: the settings may change. */
  readonly policy: Pick<ContentPolicy, 'modes'>;
  readonly settings: ScanSettings;
  readonly clock: Clock;
  readonly log: Log;
  /** For tests. */
  readonly crashPoint?: WorkCrash;
  /** For measuring: every message ends here, unscanned and undelivered. */
  readonly discard: boolean;
}

export function createScanStage(deps: ScanStageDeps): StageHandler {
  const { spool, trace, verdicts, clock } = deps;
  const startedAt = clock.now();
  const blame = createBlame(deps);

  return async (id, signal) => {
    const message = spool.get(id);
    if (!message) return { kind: 'finished' };
    if (deps.discard) return discardAll(deps, message);
    // Scanned before a restart, or before this step's job was repeated.
    if (message.verdict) return { kind: 'next', stage: 'deliver' };

    const isOld = message.envelope.receivedAt < startedAt;
    if (isOld) await wait(deps, message, 'the scan did not come to an end');
    const startedMs = clock.elapsedMs();
    const rules = rulesFor(deps, message.envelope);
    const answer = await scan(deps, message.envelope, rules, signal).catch((error: unknown) => {
      if (!spool.get(id)) return null;
      throw error;
    });
    if (!answer) return { kind: 'finished' };
    const result = await blame(id, answer, rules);
    if (result.kind === 'unavailable') {
      // Cancelled by us, because the server stops or lost its receiver: nobody's failure, and no attempt.
      if (signal.aborted) {
        const at = clock.now();
        if (isOld) await wait(deps, message, 'the server stopped', at);
        return { kind: 'retry', stage: 'scan', at };
      }
      return postpone(deps, message, result);
    }

    trace.record({ kind: 'scanned', id, verdict: result, tookMs: Math.round(clock.elapsedMs() - startedMs) });
    const heard = await verdicts.report(id, result);
    deps.crashPoint?.('work-verdict');
    if (heard === 'refused') return { kind: 'finished' };
    await spool.setVerdict(id, result);
    return { kind: 'next', stage: 'deliver' };
  };
}

function rulesFor({ policy }: ScanStageDeps, envelope: Envelope): Rules {
  const { modes } = policy;
  return { direction: directionOf(envelope), modes, door: envelope.inspection?.findings ?? [] };
}

/** Side by side, each with a read of its own. A virus is decided without waiting for the others. */
async function scan(
  deps: ScanStageDeps,
  envelope: Envelope,
  rules: Rules,
  signal: AbortSignal,
): Promise<Verdict | MissingAnswer> {
  const enough = new AbortController();
  const until = AbortSignal.any([signal, enough.signal]);
  const content = (): Promise<Readable> => deps.spool.read(envelope.id);
  try {
    const [virus, spam, seen] = await Promise.all([
      deps.clamd.scan(content, until).then((answer) => {
        if (isInfection(answer)) enough.abort();
        return answer;
      }),
      deps.rspamd.scan(envelope, content, until),
      openContent(deps, envelope, content, until),
    ]);
    return combine(virus, spam, seen, rules);
  } finally {
    enough.abort();
  }
}

/** Mail of our own making is not judged, nor what was let out of quarantine: somebody has. */
function isOpened({ door, inspection, release }: Envelope): boolean {
  return !release && (inspection?.unopened ?? door !== 'internal');
}

/** Never rejects: what fails here is ours, and the message waits for it as for a scanner. */
async function openContent(
  { judge, log }: ScanStageDeps,
  envelope: Envelope,
  content: Content,
  signal: AbortSignal,
): Promise<ContentAnswer> {
  if (!isOpened(envelope)) return { kind: 'seen', found: [] };
  try {
    return { kind: 'seen', found: await judge.inspect(envelope, content, signal) };
  } catch (error) {
    if (!signal.aborted) log.error({ id: envelope.id, err: error }, 'content could not be judged');
    return { kind: 'unavailable', detail: printable(messageOf(error)).slice(0, 200) };
  }
}

/** Decides whose fault a missing answer is: at the last of too many timeouts of one message it is unscannable. */
function createBlame(deps: ScanStageDeps) {
  const timeouts = new Map<MessageId, number>();
  return async (
    id: MessageId,
    answer: Verdict | MissingAnswer,
    rules: Rules,
  ): Promise<Verdict | MissingAnswer> => {
    if (answer.kind !== 'unavailable') {
      timeouts.delete(id);
      return answer;
    }
    const { scanner } = answer;
    if (!answer.late || scanner === 'content') return answer;
    if ((await deps[scanner].probe()).kind !== 'up') return answer;
    const count = (timeouts.get(id) ?? 0) + 1;
    timeouts.set(id, count);
    if (count < TIMEOUTS_OF_ONE) return answer;
    timeouts.delete(id);
    deps.log.warn({ id, scanner, timeouts: count }, 'message is unscannable: its scans do not end in time');
    return unscannableInTime(scanner, rules);
  };
}

async function postpone(
  deps: ScanStageDeps,
  message: SpooledMessage,
  failure: MissingAnswer,
): Promise<StepResult> {
  const { id } = message.envelope;
  deps.verdicts.giveUp(id);
  const reason = `${failure.scanner}: ${failure.detail}`.slice(0, 500);
  const deferral = await wait(deps, message, reason);
  deps.trace.record({ kind: 'deferred', id, ...deferral });
  const { attempt, nextTryAt: at } = deferral;
  deps.log.warn({ id, attempt, reason }, 'message waits: it could not be scanned');
  return { kind: 'retry', stage: 'scan', at };
}

/** One attempt has one number, however often it is written down. */
async function wait(
  { spool, settings, clock }: ScanStageDeps,
  message: SpooledMessage,
  reason: string,
  at?: number,
): Promise<Deferral> {
  const attempt = message.scan.attempts + 1;
  const nextTryAt = at ?? scanRetryAt(settings, { attempt, now: clock.now(), random: Math.random() });
  const deferral = { stage: 'scan', recipients: unsettled(message), attempt, nextTryAt, reason } as const;
  await spool.defer(message.envelope.id, deferral);
  return deferral;
}

async function discardAll(deps: ScanStageDeps, message: SpooledMessage): Promise<StepResult> {
  const { id } = message.envelope;
  deps.verdicts.giveUp(id);
  const settled = unsettled(message).map((recipient) => {
    deps.trace.record({ kind: 'discarded', id, recipient, rule: 'bench', reply: '' });
    return deps.spool.settle(id, recipient, { kind: 'discarded', rule: 'bench', reply: '' });
  });
  await Promise.all(settled);
  return { kind: 'finished' };
}

function unsettled(message: SpooledMessage): Address[] {
  return waitingIn(message).map((state) => state.address);
}
