/** A spool that keeps nothing on disk, for tests of the receiver: it remembers what was committed, and can fail. */
import type { Envelope } from '../../src/mail/envelope.ts';
import type { MessageId } from '../../src/mail/message-id.ts';
import type { CommitResult, Incoming, Spool } from '../../src/spool/spool.ts';

export interface MemorySpool extends Pick<Spool, 'begin' | 'refuse' | 'status'> {
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

export function createMemorySpool(): MemorySpool {
  const committed: MemorySpool['committed'] = [];
  const refused: MessageId[] = [];
  const open = new Map<MessageId, Buffer[]>();
  const plan: MemorySpool['plan'] = {
    full: false,
    commit: () => ({ kind: 'stored' }),
    begin: () => {},
    write: () => undefined,
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
          committed.push({ envelope, content: Buffer.concat(chunks).toString('latin1') });
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
    begin,
    async refuse(id) {
      refused.push(id);
    },
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
