/**
 * The queue: which message is at which stage and when. Only an index of the spool; it may vanish at any moment and is
 * filled again from the spool. The process that owns the spool owns the queue; workers take messages from it, in the
 * same process or over its socket (`link/`). This is all that the rest of the server sees of it.
 */
import type { MessageId } from '../mail/message-id.ts';
import type { SpooledMessage } from '../spool/spool.ts';

/** scan: scan and policy, two steps of one job. deliver: all mailboxes of one message, one LMTP transaction. */
export type Stage = 'scan' | 'deliver';
export const STAGES: readonly Stage[] = ['scan', 'deliver'];

/** What a stage made of a message. `at` is milliseconds since 1970. */
export type StepResult =
  | { readonly kind: 'next'; readonly stage: Stage }
  | { readonly kind: 'retry'; readonly stage: Stage; readonly at: number }
  | { readonly kind: 'finished' };

/** One stage's work on one message. It throws only on bugs; the message is then tried again later. */
export type StageHandler = (id: MessageId, signal: AbortSignal) => Promise<StepResult>;

/** What a worker asks of the queue. */
export interface Jobs {
  /** Takes a message up. False: nothing to do (a repeat of the store; held, or finished meanwhile). */
  take(stage: Stage, id: MessageId): Promise<boolean>;
  /** What became of a message that was taken; each `take` that said true is followed by one. */
  done(stage: Stage, id: MessageId, end: StepResult | StepFault): Promise<void>;
}

/** The handler threw; `reason` is one line for operators. The message waits for a minute. */
export interface StepFault {
  readonly kind: 'fault';
  readonly reason: string;
}

/** What operators see and do, message by message. Every act is recorded in the delivery log with `by`. */
export interface QueueControl {
  /** Oldest first. */
  list(filter: QueueFilter, limit: number): Promise<QueuePage>;
  get(id: MessageId): Promise<SpooledMessage | null>;
  /** Those among `ids` that were changed; the others are finished, or are so already. */
  change(act: QueueAct, ids: readonly MessageId[], by: string): Promise<readonly MessageId[]>;
}

/**
 * retry: due at once. hold: nobody works on it (what is under way ends). release: the opposite. drop: every recipient
 * who does not have it yet ends as `discarded` by rule `operator`; nobody is told.
 */
export const QUEUE_ACTS = ['retry', 'hold', 'release', 'drop'] as const;
export type QueueAct = (typeof QUEUE_ACTS)[number];

/** Absent: any. Addresses are compared without regard to case; `@moh.example` stands for all of a domain. */
export interface QueueFilter {
  readonly sender?: string;
  /** One who still waits. */
  readonly recipient?: string;
  readonly held?: boolean;
  readonly stage?: Stage;
  /** Behind this one in the order of the list: the last of the page before. It need not be there any more. */
  readonly after?: MessageId;
}

export interface QueuePage {
  /** All messages that fit the filter; `messages` may hold fewer. */
  readonly total: number;
  readonly messages: readonly SpooledMessage[];
}

export interface Queue extends Jobs, QueueControl, AsyncDisposable {
  /** Tells of a message that has come into the spool. Never waits and never fails. */
  submit(id: MessageId): void;
  /** The worker that took these is gone: they are due again when the spool says, which is at once for most. */
  abandoned(ids: readonly MessageId[]): void;
  /** Whether jobs can be handed out now; false means that an answer must not wait for a verdict. */
  readonly available: boolean;
  /** Why not, in one line; null: they can. */
  readonly problem: string | null;
  readonly status: QueueStatus;
}

export interface QueueStatus {
  readonly available: boolean;
  readonly waiting: number;
  readonly running: number;
  /** Messages whose next try lies in the future. */
  readonly deferred: number;
  readonly held: number;
}
