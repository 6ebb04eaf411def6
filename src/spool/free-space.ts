/** Whether the file system of the spool has room for new mail. Asked often, looked up at most once a second. */

import type { SpoolSettings } from '../config/settings.ts';
import type { Clock } from '../lib/clock.ts';
import type { Files } from '../lib/durable-file.ts';
import type { Log } from '../lib/log.ts';
import { messageOf } from '../lib/problem.ts';

const SAMPLE_MS = 1000;

export interface FreeSpace {
  readonly freePercent: number;
  /** Below the set minimum, or a write found the disk full and no look since then has found room. */
  readonly full: boolean;
  /** A write found no room: quotas do not show in the free space of a disk. */
  noteFull(): void;
}

export function createFreeSpace(deps: {
  readonly path: string;
  /** Read with each look, so that a change takes effect. */
  readonly settings: Pick<SpoolSettings, 'minFreePercent'>;
  readonly files: Files;
  readonly clock: Clock;
  readonly log: Log;
}): FreeSpace {
  const { path, settings, files, clock, log } = deps;
  let freePercent = 0;
  let full = false;
  let nextAt = Number.NEGATIVE_INFINITY;

  const sample = (): void => {
    if (clock.elapsedMs() < nextAt) return;
    nextAt = clock.elapsedMs() + SAMPLE_MS;
    try {
      freePercent = files.freePercent(path);
    } catch (error) {
      log.error({ path, error: messageOf(error) }, 'free space of the spool is not known');
      freePercent = 0;
    }
    change(freePercent < settings.minFreePercent);
  };

  const change = (now: boolean): void => {
    if (now === full) return;
    full = now;
    const { minFreePercent } = settings;
    if (full)
      log.error({ path, freePercent, minFreePercent }, 'the spool is full; new mail is refused for now');
    else log.info({ path, freePercent }, 'the spool has room again');
  };

  return {
    get freePercent() {
      sample();
      return Math.round(freePercent * 10) / 10;
    },
    get full() {
      sample();
      return full;
    },
    noteFull() {
      change(true);
      nextAt = clock.elapsedMs() + SAMPLE_MS;
    },
  };
}
