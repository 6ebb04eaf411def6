/** When a digest is due. Pure. */
import type { TimeOfDay } from '../config/settings.ts';
import type { Zone } from '../lib/zone.ts';

const DAY_MS = 86_400_000;

/** The last moment, not after `now`, at which clocks showed this time. */
export function lastDue(now: number, time: TimeOfDay, zone: Zone): number {
  const today = dueOn(now, time, zone);
  if (today <= now) return today;
  // A day before noon is the day before, whatever the clocks did in between.
  return dueOn(dueOn(now, { hour: 12, minute: 0 }, zone) - DAY_MS, time, zone);
}

function dueOn(moment: number, time: TimeOfDay, zone: Zone): number {
  const { year, month, day } = zone.wall(moment);
  const due = zone.moment({ year, month, day, ...time, second: 0 });
  if (due === null) throw new Error(`no such day: ${year}-${month}-${day}`);
  return due;
}
