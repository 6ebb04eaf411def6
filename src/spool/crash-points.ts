/** The instants of STATES.md at which a test may kill the process. */
import type { CrashPoint } from '../lib/crash-point.ts';

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
  'container-unlinked',
  'container-gone',
  'move-synced',
  'move-noted',
  'tail-found',
  'park-copied',
  'recovered',
] as const;

export type SpoolCrashPoint = (typeof SPOOL_CRASH_POINTS)[number];

/** So that a misspelt name does not compile. */
export type SpoolCrash = (name: SpoolCrashPoint) => void;

export function spoolCrash(crashPoint: CrashPoint): SpoolCrash {
  return crashPoint;
}
