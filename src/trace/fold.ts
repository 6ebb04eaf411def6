/**
 * What the events of one message say about each of its recipients now. The events may have come in any order (a worker's
 * line before the receiver's), and one at a time or all at once: the same events give the same entries.
 *
 * - An entry of an accepted message has the facts of `accepted`; until that is known, those that the other events tell.
 * - A final event outranks a hold, a hold a deferral; of deferrals the later attempt counts.
 * - A refusal has an entry for each recipient that it names, and one if it names none.
 */
import { type Address, addressKey, parseAddress } from '../mail/address.ts';
import type { MessageId } from '../mail/message-id.ts';
import { decisiveFinding } from '../mail/verdict.ts';
import { type RecordedEvent, reasonsOf, refusedFor } from './events.ts';
import type { LogEntry } from './log.ts';

type Kind<K extends RecordedEvent['kind']> = Extract<RecordedEvent, { readonly kind: K }>;
type Accepted = Kind<'accepted'>;
type Act = Kind<'queue-act'>;
type Deferred = Kind<'deferred'>;
type Final = Kind<'delivered' | 'bounced' | 'quarantined' | 'discarded'>;

/** Events of one message, or one event without a message. */
export function entriesOf(events: readonly RecordedEvent[]): LogEntry[] {
  const ordered = events.toSorted(inOrder);
  const accepted = ordered.find((event) => event.kind === 'accepted');
  const refused = ordered.find((event) => event.kind === 'refused');
  const failedLogin = ordered.find((event) => event.kind === 'login-failed');
  if (failedLogin) return [loginEntry(failedLogin)];
  if (refused && !accepted) return refusalEntries(refused, ordered);

  const acts = ordered.filter((event) => event.kind === 'queue-act');
  const scanned = ordered.findLast((event) => event.kind === 'scanned');
  const facts = { ...factsOf(ordered, accepted), reasons: scanned ? reasonsOf(scanned) : [] };
  return [...recipientsOf(ordered, accepted).values()].map(({ address, agencyId, own }) => ({
    ...facts,
    recipient: address,
    recipientAgency: agencyId,
    ...stateOf({ own, acts, scanned, since: msOf(accepted ?? own[0] ?? ordered[0]) }),
  }));
}

/** By time; the order of one moment is a fixed one. */
export function inOrder(a: RecordedEvent, b: RecordedEvent): number {
  if (a.at !== b.at) return a.at < b.at ? -1 : 1;
  const byKind = ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind);
  if (byKind !== 0) return byKind;
  return a.event < b.event ? -1 : a.event > b.event ? 1 : 0;
}

const ORDER: readonly RecordedEvent['kind'][] = [
  'accepted',
  'scanned',
  'refused',
  'login-failed',
  'queue-act',
  'deferred',
  'delivered',
  'bounced',
  'quarantined',
  'discarded',
  'released',
  'purged',
];

interface Named {
  readonly address: Address;
  readonly agencyId: LogEntry['recipientAgency'];
  /** What happened to this one alone, in order. */
  readonly own: (Deferred | Final)[];
}

function recipientsOf(ordered: readonly RecordedEvent[], accepted: Accepted | undefined): Map<string, Named> {
  const found = new Map<string, Named>();
  for (const { address, agencyId } of accepted?.recipients ?? [])
    found.set(addressKey(address), { address, agencyId, own: [] });
  const note = (address: Address, event: Deferred | Final): void => {
    const key = addressKey(address);
    const named = found.get(key) ?? { address, agencyId: null, own: [] };
    named.own.push(event);
    found.set(key, named);
  };
  for (const event of ordered) {
    if (event.kind === 'deferred') for (const address of event.recipients) note(address, event);
    else if (isFinal(event)) note(event.recipient, event);
  }
  return found;
}

function isFinal(event: RecordedEvent): event is Extract<RecordedEvent, Final> {
  return ['delivered', 'bounced', 'quarantined', 'discarded'].includes(event.kind);
}

type Facts = Pick<
  LogEntry,
  | 'id'
  | 'at'
  | 'door'
  | 'client'
  | 'login'
  | 'sender'
  | 'senderAgency'
  | 'messageIdHeader'
  | 'sizeBytes'
  | 'parent'
>;

const UNKNOWN = {
  door: null,
  client: null,
  login: null,
  sender: undefined,
  senderAgency: null,
  messageIdHeader: null,
  sizeBytes: null,
  parent: null,
} as const;

function factsOf(ordered: readonly RecordedEvent[], accepted: Accepted | undefined): Facts {
  if (!accepted) return { ...UNKNOWN, id: ordered[0]?.id ?? null, at: msOf(ordered[0]) };
  const { id, door, client, login, sender, sizeBytes, messageIdHeader, parent } = accepted;
  return {
    id,
    at: msOf(accepted),
    door,
    client: client?.address ?? null,
    login: login?.address ?? null,
    sender,
    senderAgency: login?.agencyId ?? null,
    sizeBytes,
    messageIdHeader,
    parent,
  };
}

type State = Pick<LogEntry, 'outcome' | 'reason' | 'reply' | 'attempts' | 'nextTryAt' | 'updatedAt'>;

interface Told {
  /** About one recipient. */
  readonly own: readonly (Deferred | Final)[];
  readonly acts: readonly Act[];
  readonly scanned: Kind<'scanned'> | undefined;
  /** When it was accepted. */
  readonly since: number;
}

function stateOf({ own, acts, scanned, since }: Told): State {
  const deferrals = own.filter((event) => event.kind === 'deferred');
  const final = own.filter(isFinal).at(-1);
  const failed = attemptsIn(deferrals, 'scan') + attemptsIn(deferrals, 'deliver');
  if (final) return finalState(final, failed, scanned);
  const pause = acts.filter(({ act }) => act === 'hold' || act === 'release').at(-1);
  const deferred = deferrals.toSorted(byAttempt).at(-1);
  const updatedAt = Math.max(deferred ? msOf(deferred) : since, pause ? msOf(pause) : since);
  if (pause?.act === 'hold') {
    const reply = `held by ${pause.by}`;
    return {
      outcome: 'held',
      reason: null,
      reply,
      attempts: failed,
      nextTryAt: null,
      updatedAt: msOf(pause),
    };
  }
  if (!deferred) {
    return { outcome: 'waiting', reason: null, reply: null, attempts: 0, nextTryAt: null, updatedAt };
  }
  const retried = acts.findLast(({ act, at }) => act === 'retry' && at > deferred.at);
  const nextTryAt = retried ? msOf(retried) : Math.round(deferred.nextTryAt);
  const { stage: reason, reason: reply } = deferred;
  return { outcome: 'deferred', reason, reply, attempts: failed, nextTryAt, updatedAt };
}

function finalState(final: Final, failed: number, scanned: Told['scanned']): State {
  const last = final.kind === 'quarantined' ? 0 : 1;
  const ended = { attempts: failed + last, nextTryAt: null, updatedAt: msOf(final) };
  switch (final.kind) {
    case 'delivered':
      return { ...ended, outcome: 'delivered', reason: final.folder, reply: final.reply };
    case 'bounced':
      return { ...ended, outcome: 'bounced', reason: null, reply: final.reply };
    case 'quarantined':
      return { ...ended, outcome: 'quarantined', reason: final.reason, reply: keptFor(final, scanned) };
    case 'discarded': {
      // Only where nobody may be told was there an attempt behind it.
      const attempts = final.rule === 'no-backscatter' ? ended.attempts : failed;
      return { ...ended, attempts, outcome: 'discarded', reason: final.rule, reply: final.reply || null };
    }
  }
}

/** The link, the file, the virus. */
function keptFor({ reason }: Kind<'quarantined'>, scanned: Told['scanned']): string | null {
  return scanned?.verdict.findings.find((finding) => finding.reason === reason)?.detail ?? null;
}

function byAttempt(a: Deferred, b: Deferred): number {
  if (a.stage !== b.stage) return a.stage === 'scan' ? -1 : 1;
  return a.attempt - b.attempt;
}

function attemptsIn(deferrals: readonly Deferred[], stage: Deferred['stage']): number {
  return Math.max(0, ...deferrals.filter((event) => event.stage === stage).map(({ attempt }) => attempt));
}

function refusalEntries(refused: Kind<'refused'>, ordered: readonly RecordedEvent[]): LogEntry[] {
  const { id, door, client, login, sender, reply } = refused;
  const scanned = ordered.findLast((event) => event.kind === 'scanned');
  const cause = refused.reasons?.[0] ?? (scanned && decisiveFinding(scanned.verdict)?.reason);
  const reasons = [...new Set([refused, ...(scanned ? [scanned] : [])].flatMap(reasonsOf))];
  const facts = {
    ...UNKNOWN,
    id,
    at: msOf(refused),
    door,
    client: client.address,
    login,
    sender,
    outcome: 'refused',
    reason: cause ?? null,
    reply,
    reasons,
    attempts: 0,
    nextTryAt: null,
    updatedAt: msOf(refused),
  } as const;
  const named = new Map(refusedFor(refused).map((one) => [one.address.toLowerCase(), one]));
  if (named.size === 0) return [{ ...facts, recipient: null, recipientAgency: null }];
  return Array.from(named.values(), ({ address, agencyId }) => ({
    ...facts,
    recipient: address,
    recipientAgency: agencyId,
  }));
}

function loginEntry({ at, door, client, name }: Kind<'login-failed'>): LogEntry {
  const id: MessageId | null = null;
  return {
    ...UNKNOWN,
    id,
    at: Date.parse(at),
    door,
    client: client.address,
    login: parseAddress(name),
    recipient: null,
    recipientAgency: null,
    outcome: 'login-failed',
    reason: null,
    reply: `login failed for "${name}"`,
    reasons: [],
    attempts: 0,
    nextTryAt: null,
    updatedAt: Date.parse(at),
  };
}

function msOf(event: RecordedEvent | undefined): number {
  return event ? Date.parse(event.at) : 0;
}
