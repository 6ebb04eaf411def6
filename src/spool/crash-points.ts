/** The instants of STATES.md at which a test may kill the process. */
export const SPOOL_CRASH_POINTS = [
  'segment-created',
  'segment-appended',
  'segment-synced',
  'single-created',
  'single-written',
  'single-synced',
  'single-renamed',
  'single-folder-synced',
  'journal-buffered',
  'journal-written',
  'journal-synced',
  'container-unlinked',
  'container-gone',
  'move-synced',
  'move-noted',
  'tail-found',
  'park-copied',
  'state-joined',
  'recovered',
] as const;

/** A `CrashPoint` that takes no other names, so that a misspelt one does not compile. */
export type SpoolCrash = (name: (typeof SPOOL_CRASH_POINTS)[number]) => void;
