/**
 * Moments as people write them: "2026-11-24" (its beginning), "2026-11-24 08:00", "08:00" (today), "today", "yesterday",
 * "now", "2h", "3 d"; what the command itself shows ("24 Nov 2026 16:40:12"); and ISO 8601 with its zone.
 */
import { parseDuration } from '../lib/units.ts';
import type { Zone } from '../lib/zone.ts';

/** Which way a bare "2h" goes: into the past, or from now on. */
export type Direction = 'ago' | 'ahead';

export interface MomentDeps {
  readonly now: number;
  readonly zone: Zone;
  readonly direction: Direction;
}

const DAY = String.raw`(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)`;
const TIME = String.raw`(?<hour>\d\d?):(?<minute>\d\d)(?::(?<second>\d\d)(?:\.\d{1,9})?)?`;
const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');

const ZONED = new RegExp(`^${DAY}[t ]${TIME}(?:z|[+-]\\d\\d:\\d\\d)$`);
const LOCAL = new RegExp(`^${DAY}(?:[t ]${TIME})?$`);
const SHOWN = new RegExp(String.raw`^(?<day>\d\d?) (?<name>[a-z]{3}) (?<year>\d{4})(?: ${TIME})?$`);
const TODAY = new RegExp(`^${TIME}$`);

/** Milliseconds since 1970; null: not a moment. */
export function parseMoment(text: string, deps: MomentDeps): number | null {
  const given = text.trim().toLowerCase().replace(/\s+/g, ' ');
  const { now, zone, direction } = deps;
  if (given === 'now') return now;
  if (given === 'today') return midnight(now, zone);
  // Noon of the day before, whatever the clocks did in between, and from there to its beginning.
  if (given === 'yesterday') return midnight(midnight(now, zone) - 43_200_000, zone);
  const zoned = ZONED.exec(given)?.groups;
  if (zoned) return exists(zoned) ? valid(Date.parse(given.replace(' ', 'T').toUpperCase())) : null;
  const local = LOCAL.exec(given)?.groups ?? SHOWN.exec(given)?.groups;
  if (local) return zone.moment(wallOf(local));
  const today = TODAY.exec(given)?.groups;
  if (today) return zone.moment({ ...wallOf(today), ...dateOf(now, zone) });
  return fromNow(given, now, direction);
}

function fromNow(given: string, now: number, direction: Direction): number | null {
  const [, amount = '', word] = /^(.*?)(?: (ago))?$/.exec(given) ?? [];
  if (word === 'ago' && direction === 'ahead') return null;
  const ms = parseDuration(amount);
  if (ms === null) return null;
  return direction === 'ago' ? now - ms : now + ms;
}

function midnight(moment: number, zone: Zone): number {
  return zone.moment({ ...dateOf(moment, zone), hour: 0, minute: 0, second: 0 }) ?? moment;
}

function dateOf(moment: number, zone: Zone) {
  const { year, month, day } = zone.wall(moment);
  return { year, month, day };
}

type Groups = Readonly<Record<string, string | undefined>>;

function wallOf(groups: Groups) {
  const number = (name: string): number => Number(groups[name] ?? 0);
  const month = groups.name === undefined ? number('month') : MONTHS.indexOf(groups.name) + 1;
  return {
    year: number('year'),
    month,
    day: number('day'),
    hour: number('hour'),
    minute: number('minute'),
    second: number('second'),
  };
}

/** Date.parse takes 30 February for 2 March. */
function exists(groups: Groups): boolean {
  const { year, month, day } = wallOf(groups);
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function valid(ms: number): number | null {
  return Number.isNaN(ms) ? null : ms;
}
