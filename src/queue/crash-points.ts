/**
 * The instants of a worker at which a test may kill it. Nothing of a worker is on the disk: what it did not note at the
 * receiver is done again.
 */
export const WORK_CRASH_POINTS = [
  // The queue counts the message as running.
  'work-taken',
  // The session that waits has its answer; the spool does not know the verdict.
  'work-verdict',
  // The mailbox server has the message, nothing says so.
  'work-delivered',
  // The final event is written, the recipient not settled.
  'work-recorded',
  // The spool knows, the queue does not.
  'work-settled',
] as const;

/** A `CrashPoint` that takes no other names, so that a misspelt one does not compile. */
export type WorkCrash = (name: (typeof WORK_CRASH_POINTS)[number]) => void;
