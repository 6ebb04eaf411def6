/**
 * The three parts that one server program can play. Usually two processes share them (receive; work and api); one may
 * play all. Each has a file beside this one that puts it together; `server.ts` puts those together.
 *
 * - receive: the doors, the spool, the queue's schedule. One process of a machine.
 * - work: scans, decides, delivers. Owns nothing; what it does is noted at the receiver.
 * - api: the HTTP interface, the directory's changes, the rows of the delivery log.
 */
import type { Settings } from '../config/settings.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { ProcessReport } from '../link/reports.ts';
import type { Trace } from '../trace/events.ts';

export const ROLES = ['receive', 'work', 'api'] as const;
export type Role = (typeof ROLES)[number];

/** What every role of a process needs. */
export interface RoleDeps {
  readonly settings: Settings;
  readonly version: string;
  readonly trace: Trace;
  readonly process: () => ProcessReport;
  readonly crashPoint: (name: string) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** The name under which a process with these roles writes its lines of the delivery log. */
export function writerOf(roles: readonly Role[]): string {
  return ROLES.every((role) => roles.includes(role)) ? 'main' : roles.join('-');
}
