/**
 * A spool and a trace in memory, for tests of the doors and of single stages. Keeps no promise of the real ones: it
 * remembers what it was given, and fails as a test plans.
 */
import { Readable } from 'node:stream';
import { type Address, addressKey } from '../../src/mail/address.ts';
import type { Envelope } from '../../src/mail/envelope.ts';
import type { MessageId } from '../../src/mail/message-id.ts';
import { newMessage } from '../../src/spool/message-state.ts';
import type { CommitResult, Incoming, RecipientState, Spool, SpooledMessage } from '../../src/spool/spool.ts';
import type { Trace, TraceEvent } from '../../src/trace/events.ts';

export interface FakeSpool extends Omit<Spool, 'list' | typeof Symbol.asyncDispose> {
  /** A message that was accepted earlier. */
  put(envelope: Envelope, content: Buffer): MessageId;
  content(id: MessageId): Buffer | undefined;
  /** Messages whose content somebody found damaged. */
  readonly checked: MessageId[];
  /** Every message that was put or committed, as it is or was when it was finished. */
  readonly all: Map<MessageId, SpooledMessage>;
  readonly committed: { readonly envelope: Envelope; readonly content: string }[];
  readonly refused: MessageId[];
  /** Messages that were begun and neither committed nor aborted. */
  readonly open: number;
  /** Octets that are held for messages that are open. */
  readonly heldBytes: number;
  /** What happens next: set by a test. */
  readonly plan: {
    full: boolean;
    commit: () => CommitResult | Promise<CommitResult>;
    begin: () => void;
    write: (chunk: Buffer) => Promise<void> | undefined;
  };
}

export function createFakeSpool(): FakeSpool {
  const all = new Map<MessageId, SpooledMessage>();
  const contents = new Map<MessageId, Buffer>();
  const committed: FakeSpool['committed'] = [];
  const refused: MessageId[] = [];
  const checked: MessageId[] = [];
  const open = new Map<MessageId, Buffer[]>();
  const plan: FakeSpool['plan'] = {
    full: false,
    commit: () => ({ kind: 'stored' }),
    begin: () => {},
    write: () => undefined,
  };

  const put = (envelope: Envelope, content: Buffer): MessageId => {
    all.set(envelope.id, newMessage(envelope));
    contents.set(envelope.id, content);
    return envelope.id;
  };
  const begin = (id: MessageId): Incoming => {
    plan.begin();
    const chunks: Buffer[] = [];
    open.set(id, chunks);
    return {
      write(chunk) {
        if (open.has(id)) chunks.push(chunk);
        return plan.write(chunk);
      },
      async commit(envelope) {
        const result = await plan.commit();
        if (result.kind === 'stored' && open.has(id)) {
          const content = Buffer.concat(chunks);
          committed.push({ envelope, content: content.toString('latin1') });
          put(envelope, content);
        }
        open.delete(id);
        return result;
      },
      async abort() {
        open.delete(id);
      },
    };
  };

  return {
    all,
    put,
    begin,
    content: (id) => contents.get(id),
    get(id) {
      const message = all.get(id);
      const unfinished = message?.recipients.some((state) => state.outcome === null);
      return unfinished && !refused.includes(id) ? message : undefined;
    },
    async read(id) {
      const content = contents.get(id);
      if (!content) throw new Error(`no message ${id}`);
      return Readable.from(content.length > 0 ? [content] : [], { objectMode: false });
    },
    ...changes(all, refused),
    // Its contents lie in no file.
    place: () => undefined,
    checkContent: async (id) => void checked.push(id),
    checked,
    committed,
    refused,
    plan,
    get open() {
      return open.size;
    },
    get heldBytes() {
      return [...open.values()].flat().reduce((sum, chunk) => sum + chunk.length, 0);
    },
    get status() {
      const { full } = plan;
      return { messages: committed.length, segments: 0, parked: 0, freePercent: full ? 1 : 50, full };
    },
  };
}

function changes(
  all: Map<MessageId, SpooledMessage>,
  refused: MessageId[],
): Pick<Spool, 'refuse' | 'setVerdict' | 'defer' | 'settle' | 'hold'> {
  const change = (id: MessageId, edit: (message: SpooledMessage) => Partial<SpooledMessage>): void => {
    const message = all.get(id);
    if (message) all.set(id, { ...message, ...edit(message) });
  };
  const changeRecipients = (
    id: MessageId,
    addresses: readonly Address[],
    edit: Partial<RecipientState>,
  ): void => {
    const keys = addresses.map(addressKey);
    change(id, ({ recipients }) => ({
      recipients: recipients.map((state) =>
        keys.includes(addressKey(state.address)) ? { ...state, ...edit } : state,
      ),
    }));
  };
  return {
    refuse: async (id) => void refused.push(id),
    setVerdict: async (id, verdict) => change(id, () => ({ verdict })),
    async defer(id, { stage, recipients, attempt, nextTryAt, reason }) {
      if (stage === 'deliver') changeRecipients(id, recipients, { attempts: attempt, nextTryAt, reason });
      else change(id, () => ({ scan: { attempts: attempt, nextTryAt, reason } }));
    },
    settle: async (id, recipient, outcome) => changeRecipients(id, [recipient], { outcome }),
    hold: async (id, held) => change(id, () => ({ held })),
  };
}

export function createFakeTrace(): Pick<Trace, 'record' | 'flush'> & { readonly events: TraceEvent[] } {
  const events: TraceEvent[] = [];
  return { events, record: (event) => void events.push(event), flush: async () => {} };
}
