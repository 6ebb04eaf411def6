/** What the corpora are made of. */
import type { Action, Direction, Reason } from '../../src/mail/finding.ts';
import type { Build } from './build-message.ts';

/** Passes untouched, whoever sends it. */
export interface Honest {
  readonly name: string;
  readonly build: Build;
  /** What may be noted of it all the same: a mark in the log and no more. */
  readonly observed?: Reason;
}

/** Does not pass; `where`: who sees it first, the door or a worker that opens and scans. */
export interface Case {
  readonly name: string;
  readonly reason: Reason;
  readonly where: 'door' | 'worker';
  readonly build: Build;
  /** What is done instead of the reason's default: other scanners have a say, or another finding is heavier. */
  readonly expect?: Readonly<Partial<Record<Direction, Action>>>;
}
