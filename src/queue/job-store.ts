/**
 * What the feeder needs of a job queue: hand a message to a stage, ask whether it is still there, work on it.
 * A store may lose everything at any moment; it says so by `onReady`, and the feeder fills it again.
 */
import type { MessageId } from '../mail/message-id.ts';
import type { Stage } from './queue.ts';

export interface JobStore extends AsyncDisposable {
  readonly available: boolean;
  /** Why it is not available, in one line; null: it is. */
  readonly problem: string | null;
  /** Called each time the store can be used (again). */
  onReady(listener: () => void): void;
  /** All in one round trip. False: not now. Fails at once while the store is away, never waits for it. */
  add(stage: Stage, ids: readonly MessageId[]): Promise<boolean>;
  /** Whether the job is still known to the store; null: the store is away. */
  has(stage: Stage, id: MessageId): Promise<boolean | null>;
  /** Calls `handler` for every job of the stage, `concurrency` at a time, until disposed. It must not throw. */
  work(stage: Stage, concurrency: number, handler: (id: MessageId) => Promise<void>): void;
}
