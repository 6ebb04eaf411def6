/**
 * The queue: which message is at which stage and when. Only an index of the spool; it may vanish at any moment
 * and is filled again from the spool. This is all that the rest of the server sees of it.
 */
import type { MessageId } from '../mail/message-id.ts';

/** scan: scan and policy, two steps of one job. deliver: all mailboxes of one message, one LMTP transaction. */
export type Stage = 'scan' | 'deliver';
export const STAGES: readonly Stage[] = ['scan', 'deliver'];

/** What a stage made of a message. `retryAt` is milliseconds since 1970. */
export type StepResult =
  | { readonly kind: 'next'; readonly stage: Stage }
  | { readonly kind: 'retry'; readonly stage: Stage; readonly at: number }
  | { readonly kind: 'finished' };

/** One stage's work on one message. It throws only on bugs; the message is then tried again later. */
export type StageHandler = (id: MessageId, signal: AbortSignal) => Promise<StepResult>;

export interface Queue extends AsyncDisposable {
  /** Tells of a message that has come into the spool. Never waits and never fails. */
  submit(id: MessageId): void;
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
}
