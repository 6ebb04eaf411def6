/**
 * What the queue needs of a job store: the owner of the spool hands messages out, workers take them up. A store may
 * lose everything at any moment; it says so by `onReady`, and the queue fills it again. It may repeat anything, too.
 */
import type { MessageId } from '../mail/message-id.ts';
import type { Stage } from './queue.ts';

/** One hand-out of a message to a stage. */
export interface Job {
  readonly id: MessageId;
  /** Tells it apart from every other hand-out of this message, also those of earlier runs: `[a-z0-9-]`. */
  readonly number: string;
}

/** The owner's side. */
export interface JobStore extends AsyncDisposable {
  readonly available: boolean;
  /** Why it is not available, in one line; null: it is. */
  readonly problem: string | null;
  /** Called each time the store can be used (again). */
  onReady(listener: () => void): void;
  /** All in one round trip. False: not now. Fails at once while the store is away, never waits for it. */
  add(stage: Stage, jobs: readonly Job[]): Promise<boolean>;
  /** Whether the job is still known to the store; null: the store is away. */
  has(stage: Stage, job: Job): Promise<boolean | null>;
}

/** A worker's side. */
export interface JobConsumer extends AsyncDisposable {
  /** Calls `handler` for every job of the stage, `concurrency` at a time, until disposed. It must not throw. */
  work(stage: Stage, concurrency: number, handler: (id: MessageId) => Promise<void>): void;
}
