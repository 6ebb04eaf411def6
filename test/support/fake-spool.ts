/** A spool, a trace and message contents in memory, for tests of single stages. Keeps no promise of the real one. */
import { Readable } from 'node:stream';
import { type Address, parseAddress } from '../../src/mail/address.ts';
import type { AgencyId, Envelope, Recipient, UserId } from '../../src/mail/envelope.ts';
import { type MessageId, newMessageId } from '../../src/mail/message-id.ts';
import type { CommitResult, Incoming, RecipientState, Spool, SpooledMessage } from '../../src/spool/spool.ts';
import type { Trace, TraceEvent } from '../../src/trace/events.ts';

export interface FakeSpool extends Pick<Spool, 'get' | 'read' | 'begin' | 'defer' | 'settle' | 'setVerdict'> {
  put(envelope: Envelope, content: Buffer): MessageId;
  content(id: MessageId): Buffer | undefined;
  /** Every message that was put or committed, as it is or was when it was finished. */
  readonly all: Map<MessageId, SpooledMessage>;
  /** What the next commits answer. */
  commits: CommitResult;
}

export function createFakeSpool(): FakeSpool {
  const all = new Map<MessageId, SpooledMessage>();
  const contents = new Map<MessageId, Buffer>();

  const change = (id: MessageId, edit: (message: SpooledMessage) => SpooledMessage): void => {
    const message = all.get(id);
    if (message) all.set(id, edit(message));
  };
  const changeRecipients = (
    id: MessageId,
    addresses: readonly Address[],
    edit: Partial<RecipientState>,
  ): void =>
    change(id, (message) => ({
      ...message,
      recipients: message.recipients.map((r) => (addresses.includes(r.address) ? { ...r, ...edit } : r)),
    }));

  const spool: FakeSpool = {
    all,
    commits: { kind: 'stored' },
    put(envelope, content) {
      const recipients = envelope.recipients.map(({ address }) => ({
        address,
        outcome: null,
        attempts: 0,
        nextTryAt: 0,
        reason: null,
      }));
      const scan = { attempts: 0, nextTryAt: 0, reason: null };
      all.set(envelope.id, { envelope, verdict: null, recipients, scan });
      contents.set(envelope.id, content);
      return envelope.id;
    },
    content: (id) => contents.get(id),
    get(id) {
      const message = all.get(id);
      return message?.recipients.some((r) => r.outcome === null) ? message : undefined;
    },
    async read(id) {
      const content = contents.get(id);
      if (!content) throw new Error(`no message ${id}`);
      return Readable.from(content.length > 0 ? [content] : [], { objectMode: false });
    },
    begin(): Incoming {
      const chunks: Buffer[] = [];
      return {
        async write(chunk) {
          chunks.push(chunk);
        },
        async commit(envelope) {
          if (spool.commits.kind === 'stored') spool.put(envelope, Buffer.concat(chunks));
          return spool.commits;
        },
        async abort() {},
      };
    },
    setVerdict: async (id, verdict) => change(id, (message) => ({ ...message, verdict })),
    async defer(id, { stage, recipients, attempt, nextTryAt, reason }) {
      if (stage === 'deliver') changeRecipients(id, recipients, { attempts: attempt, nextTryAt, reason });
      else change(id, (message) => ({ ...message, scan: { attempts: attempt, nextTryAt, reason } }));
    },
    settle: async (id, recipient, outcome) => changeRecipients(id, [recipient], { outcome }),
  };
  return spool;
}

export function createFakeTrace(): Pick<Trace, 'record'> & { readonly events: TraceEvent[] } {
  const events: TraceEvent[] = [];
  return { events, record: (event) => void events.push(event) };
}

export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed) throw new Error(`no address: ${text}`);
  return parsed;
}

export function recipient(text: string): Recipient {
  return { address: address(text), userId: `u-${text}` as UserId, agencyId: 'moh' as AgencyId };
}

/** From outside, unless changed. */
export function envelope(to: readonly string[], content: Buffer, changes: Partial<Envelope> = {}): Envelope {
  return {
    id: newMessageId(Date.now()),
    door: 'mx',
    receivedAt: Date.now(),
    sender: address('ali@partner.example'),
    login: null,
    client: { address: '192.0.2.9', helo: 'mx.partner.example', tls: null },
    recipients: to.map(recipient),
    sizeBytes: content.length,
    messageIdHeader: '<1@partner.example>',
    parent: null,
    ...changes,
  };
}

/** Changes that make it a submission of one of our users. */
export function submittedBy(text: string): Partial<Envelope> {
  const { address: login, userId, agencyId } = recipient(text);
  return { door: 'submission', sender: login, login: { userId, agencyId, address: login } };
}
