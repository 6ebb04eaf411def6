/**
 * One round of digests: everybody whom the plan names gets one message, by the way of all notices. How far it came is
 * written every hundred digests and when it ends, so a crash repeats a hundred at most and skips none.
 *
 * One digest that fails is owed to its recipient and the others go on. When nothing can enter (no room, no receiver, no
 * directory), the round stays open where it is.
 */
import { Readable } from 'node:stream';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { Away, messageOf } from '../lib/problem.ts';
import { type Address, splitDetail } from '../mail/address.ts';
import { buildDigest, type Digest, type DigestLine, UNDELIVERABLE } from '../mail/digest-notice.ts';
import type { Recipient, UserId } from '../mail/envelope.ts';
import { type MessageId, newMessageId } from '../mail/message-id.ts';
import { noticeEnvelope } from '../mail/notice-envelope.ts';
import { REASON_CATALOGUE } from '../rules/catalogue.ts';
import type { Enter } from '../spool/spool.ts';
import { type PlannedDigest, planDigests } from './digest-plan.ts';
import type { DigestState } from './digest-state.ts';
import type { Quarantine, QuarantineItem } from './quarantine.ts';

export interface DigestRoundDeps {
  readonly quarantine: Pick<Quarantine, 'entries' | 'get'>;
  /** The mailbox of an address without `+detail`; null: there is none. */
  readonly findMailbox: (address: Address) => Promise<(Recipient & { readonly active: boolean }) | null>;
  readonly enter: Enter;
  readonly save: (state: DigestState) => Promise<void>;
  readonly hostname: string;
  readonly timezone: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface RoundResult {
  readonly state: DigestState;
  /** Nothing could enter: try again later. */
  readonly stuck: boolean;
}

const SAVE_EVERY = 100;
/** Past this, something else is wrong than a recipient. */
const MAX_OWED = 10_000;
const MAX_LINES_HELD = 2_000;

/** An open round to its end; or, when none is open, what is owed. On `signal` it stops early and says how far it came. */
export async function tellRecipients(
  deps: DigestRoundDeps,
  begun: DigestState,
  signal: AbortSignal,
): Promise<RoundResult> {
  const progress = createProgress(begun);
  const lineOf = createLines(deps.quarantine);
  const leave = async (state: DigestState, stuck: boolean): Promise<RoundResult> => {
    await deps.save(state);
    return { state, stuck };
  };
  let tried = 0;
  for (const planned of planDigests(await deps.quarantine.entries(), begun)) {
    if (signal.aborted) return await leave(progress.state(), false);
    const result = await tell(deps, planned, lineOf);
    if (result === 'stuck') return await leave(progress.state(), true);
    progress.add(planned.userId, result);
    if (++tried % SAVE_EVERY === 0) await deps.save(progress.state());
  }
  const state = progress.end();
  if (tried > 0) deps.log.info({ digests: tried, owed: state.owed.length }, 'recipients told what was kept');
  return await leave(state, false);
}

/** How far a round came, and who is owed. */
function createProgress(begun: DigestState) {
  const before = new Map(begun.owed.map(({ userId, since }) => [userId, since]));
  const owed = new Map(before);
  let after = begun.open?.after ?? null;
  const state = (): DigestState => ({
    ...begun,
    open: begun.open && { ...begun.open, after },
    owed: Array.from(owed, ([userId, since]) => ({ userId, since })),
  });
  const failed = new Set<UserId>();
  return {
    state,
    add(userId: UserId, result: 'done' | 'failed') {
      after = userId;
      owed.delete(userId);
      if (result === 'done' || owed.size >= MAX_OWED) return;
      owed.set(userId, before.get(userId) ?? begun.toldUntil);
      failed.add(userId);
    },
    end(): DigestState {
      // Of those who were owed and are not in this round's plan, nothing is kept any more.
      const earlier = begun.open?.after ?? '';
      for (const userId of owed.keys()) if (!failed.has(userId) && userId > earlier) owed.delete(userId);
      return { ...state(), open: null, toldUntil: begun.open?.until ?? begun.toldUntil };
    },
  };
}

type LineOf = (id: MessageId) => Promise<DigestLine | null>;

/** `done`: also when there is nothing to tell, or nobody to be told. */
async function tell(
  deps: DigestRoundDeps,
  planned: PlannedDigest,
  lineOf: LineOf,
): Promise<'done' | 'failed' | 'stuck'> {
  try {
    const mailbox = await mailboxOf(deps, planned.address);
    if (!mailbox?.active) return 'done';
    const lines: DigestLine[] = [];
    for (const id of planned.items) {
      const line = await lineOf(id);
      if (line) lines.push(line);
    }
    const { more, viruses } = planned;
    if (lines.length + more + viruses === 0) return 'done';
    return (await send(deps, mailbox, { lines, more, viruses })) ? 'done' : 'stuck';
  } catch (error) {
    if (error instanceof Away) {
      deps.log.warn({ error: error.message }, 'digests wait');
      return 'stuck';
    }
    deps.log.error({ userId: planned.userId, error: messageOf(error) }, 'a digest could not be sent');
    return 'failed';
  }
}

/** False: the spool takes nothing now. */
async function send(
  { enter, hostname, timezone, clock, log }: DigestRoundDeps,
  { address, userId, agencyId }: Recipient,
  what: Pick<Digest, 'lines' | 'more' | 'viruses'>,
): Promise<boolean> {
  const now = clock.now();
  const id = newMessageId(now);
  const content = buildDigest({ id, hostname, timezone, now, to: address, ...what });
  const recipients = [{ address, userId, agencyId }];
  const sizeBytes = content.length;
  const envelope = noticeEnvelope({ id, cause: null, recipients, hostname, now, sizeBytes });
  const { kind } = await enter(envelope, Readable.from([content], { objectMode: false }));
  if (kind !== 'stored') log.error({ kind }, 'a digest could not be stored');
  return kind === 'stored';
}

/** An address that has a plus of its own goes before one whose detail it is. */
async function mailboxOf({ findMailbox }: Pick<DigestRoundDeps, 'findMailbox'>, address: Address) {
  return (await findMailbox(address)) ?? (await findMailbox(splitDetail(address).base));
}

/** What was kept from many is read once, as long as there is room. */
function createLines(quarantine: Pick<Quarantine, 'get'>): LineOf {
  const held = new Map<MessageId, DigestLine | null>();
  return async (id) => {
    const found = held.get(id);
    if (found !== undefined) return found;
    const item = await quarantine.get(id);
    const line = item && digestLine(item);
    if (held.size >= MAX_LINES_HELD) held.clear();
    held.set(id, line);
    return line;
  };
}

function digestLine(item: QuarantineItem): DigestLine {
  const { envelope, keptAt, expiresAt, reason, head } = item;
  const from = head?.from ?? envelope.sender;
  const subject = head?.subject ?? null;
  const phrase = reason === 'undeliverable' ? UNDELIVERABLE : REASON_CATALOGUE[reason];
  return { id: envelope.id, keptAt, expiresAt, from, subject, reason: phrase };
}
