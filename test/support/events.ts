/** Events of the delivery log for tests: of one kind, and of one message on each of its ways. */
import type { Address } from '../../src/mail/address.ts';
import type { AgencyId, UserId } from '../../src/mail/envelope.ts';
import { type MessageId, newMessageId } from '../../src/mail/message-id.ts';
import type { RecordedEvent, TraceEvent } from '../../src/trace/events.ts';
import { identityOf } from '../../src/trace/identity.ts';
import { address, verdict } from './messages.ts';

export const ALI = address('ali@partner.example');
export const SITI = address('siti@moh.example');
export const AHMAD = address('Ahmad@moh.example');
export const MOH = 'moh' as AgencyId;
export const CLIENT = { address: '192.0.2.9', helo: 'mx.partner.example', tls: null };

type Kind<K extends TraceEvent['kind']> = Extract<TraceEvent, { readonly kind: K }>;

export function accepted(id: MessageId, changes: Partial<Kind<'accepted'>> = {}): Kind<'accepted'> {
  return {
    kind: 'accepted',
    id,
    door: 'mx',
    client: CLIENT,
    login: null,
    sender: ALI,
    recipients: [
      { address: SITI, agencyId: MOH },
      { address: AHMAD, agencyId: MOH },
    ],
    sizeBytes: 20_000,
    messageIdHeader: `<${id}@partner.example>`,
    parent: null,
    recovered: false,
    ...changes,
  };
}

export function delivered(id: MessageId, recipient: Address = SITI): Kind<'delivered'> {
  return { kind: 'delivered', id, recipient, folder: 'INBOX', reply: '250 2.0.0 Saved', afterMs: 40 };
}

export function scanned(id: MessageId, kind: 'clean' | 'spam' = 'clean'): Kind<'scanned'> {
  return { kind: 'scanned', id, verdict: verdict(kind, { score: 1 }), tookMs: 12 };
}

export function deferred(id: MessageId, changes: Partial<Kind<'deferred'>> = {}): Kind<'deferred'> {
  const nextTryAt = Date.UTC(2026, 10, 24, 9);
  const reason = '452 4.2.2 Mailbox is full';
  return {
    kind: 'deferred',
    id,
    stage: 'deliver',
    recipients: [SITI],
    attempt: 1,
    nextTryAt,
    reason,
    ...changes,
  };
}

export function queueAct(id: MessageId, act: Kind<'queue-act'>['act']): Kind<'queue-act'> {
  return { kind: 'queue-act', id, act, by: 'admin@moh.example' };
}

export function refused(changes: Partial<Kind<'refused'>> = {}): Kind<'refused'> {
  return {
    kind: 'refused',
    id: null,
    door: 'mx',
    client: CLIENT,
    login: null,
    sender: ALI,
    recipient: 'nobody@moh.example',
    command: 'RCPT',
    reply: '550 5.1.1 No such user',
    ...changes,
  };
}

/** After its content: to these, none with null as in older lines. */
export function refusedAtData(
  id: MessageId | null,
  recipients: Kind<'refused'>['recipients'] | null = [
    { address: SITI, agencyId: MOH },
    { address: AHMAD, agencyId: MOH },
  ],
): Kind<'refused'> {
  const named = recipients ? { recipients } : {};
  return refused({ id, recipient: null, ...named, command: 'DATA', reply: '554 5.7.1 Spam' });
}

export const failedLogin: TraceEvent = {
  kind: 'login-failed',
  id: null,
  door: 'submission',
  client: CLIENT,
  name: 'siti@moh.example',
};

/** One event of each kind at least; `id` of a message to Siti and Ahmad. */
export function everyKind(id: MessageId): TraceEvent[] {
  const child = newMessageId(Date.UTC(2026, 10, 24));
  const login = { userId: 'u1' as UserId, agencyId: MOH, address: SITI };
  return [
    refused(),
    refusedAtData(newMessageId(1)),
    failedLogin,
    accepted(id, { door: 'submission', login, sender: SITI }),
    scanned(id),
    deferred(id),
    delivered(id),
    { kind: 'bounced', id, recipient: AHMAD, reply: '550 5.1.1 No such user', bounce: child },
    queueAct(id, 'retry'),
    { kind: 'quarantined', id: newMessageId(2), recipient: SITI, reason: 'spam' },
    { kind: 'discarded', id: newMessageId(3), recipient: SITI, rule: 'no-backscatter', reply: '550 no' },
    { kind: 'released', id: newMessageId(4), recipients: [SITI], child, by: 'admin@moh.example' },
    { kind: 'purged', id: newMessageId(5), recipients: [SITI], by: null },
  ];
}

let occurrences = 0;

/** As the recorder would write it `seconds` after a fixed moment. */
export function at(seconds: number, event: TraceEvent): RecordedEvent {
  const moment = new Date(Date.UTC(2026, 10, 24, 8) + seconds * 1000).toISOString();
  return { at: moment, event: identityOf(event, () => `test.${++occurrences}`), ...event };
}
