/**
 * What worker and API say to the receiver over its socket, line by line (`lib/line-socket.ts`). Both ends are the same
 * program in the same version (`hello`), so what the receiver answers has the type that it was given; what it is asked
 * it checks all the same (`form.ts`), for it goes into the spool.
 */
import type { Peer } from '../lib/line-socket.ts';
import type { Envelope } from '../mail/envelope.ts';
import type { MessageId } from '../mail/message-id.ts';
import type { Verdict } from '../mail/verdict.ts';
import type { QueueAct, QueueFilter, QueuePage, Stage, StepFault, StepResult } from '../queue/queue.ts';
import type { JournalEntry } from '../spool/journal-entry.ts';
import type { CommitResult, ContentPlace, SpooledMessage } from '../spool/spool.ts';
import type { ReceiverReport, WorkerReport } from './reports.ts';

/** What `ask` takes and what it is answered. */
export interface Questions {
  /** The first of a connection; refused when the versions differ. */
  hello: { ask: Hello; answer: null };

  take: { ask: StageJob; answer: TakenMessage | null };
  /** A `Note` as the line that the spool's journal will hold; answered when it does. */
  note: { ask: string; answer: null };
  verdict: { ask: { readonly id: MessageId; readonly verdict: Verdict }; answer: 'accepted' | 'refused' };
  place: { ask: MessageId; answer: ContentPlace | null };
  /** Answered whether the message is still there. */
  'check-content': { ask: MessageId; answer: boolean };

  'enter-chunk': { ask: { readonly number: number; readonly base64: string }; answer: null };
  'enter-end': { ask: number; answer: CommitResult };

  report: { ask: null; answer: ReceiverReport };
  'queue-list': { ask: { readonly filter: QueueFilter; readonly limit: number }; answer: QueuePage };
  'queue-get': { ask: MessageId; answer: SpooledMessage | null };
  'queue-change': {
    ask: { readonly act: QueueAct; readonly ids: readonly MessageId[]; readonly by: string };
    answer: readonly MessageId[];
  };
}

/** What `tell` takes. */
export interface Notices {
  done: StageJob & { readonly end: StepResult | StepFault };
  'give-up': MessageId;
  report: WorkerReport;
  /** Numbers are the sender's; chunks and end follow. */
  'enter-begin': { readonly number: number; readonly envelope: Envelope };
  'enter-abort': number;
}

export interface Hello {
  readonly version: string;
  readonly roles: readonly string[];
}

export interface StageJob {
  readonly stage: Stage;
  readonly id: MessageId;
}

export interface TakenMessage {
  readonly message: SpooledMessage;
  readonly place: ContentPlace;
}

/** What a worker changes about a message. Repeating one changes nothing. */
export type Note = Extract<JournalEntry, { kind: 'verdict' | 'deferred' | 'settled' }>;

export function ask<What extends keyof Questions>(
  peer: Pick<Peer, 'ask'>,
  what: What,
  body: Questions[What]['ask'],
): Promise<Questions[What]['answer']> {
  return peer.ask(what, body) as Promise<Questions[What]['answer']>;
}

export function tell<What extends keyof Notices>(
  peer: Pick<Peer, 'tell'>,
  what: What,
  body: Notices[What],
): void {
  peer.tell(what, body);
}
