/** Moments as people read and write them, in the time zone of the settings. */
import type { Clock } from '../lib/clock.ts';
import { createZone, type Zone } from '../lib/zone.ts';
import { type Direction, parseMoment } from './moment.ts';

export interface Times {
  /** "24 Nov 2026 16:40:12", of milliseconds since 1970 or ISO 8601. */
  format(moment: number | string): string;
  /** Where there is little room: "24 Nov 16:40:12", of another year "24 Nov 2025 16:40". */
  short(moment: number | string): string;
  /** For spreadsheets: "2026-11-24 16:40:12". */
  sortable(moment: number | string): string;
  /** What people write (moment.ts); null: it is no moment. */
  parse(text: string, direction: Direction): number | null;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The time zone is asked for at the first use, so that commands which show no time need no settings. */
export function createTimes(timezone: () => string, clock: Pick<Clock, 'now'>): Times {
  let made: Zone | null = null;
  const zone = (): Zone => {
    made ??= createZone(timezone());
    return made;
  };
  const shown = (moment: number | string, write: (wall: Texts) => string): string => {
    const ms = new Date(moment).getTime();
    return Number.isNaN(ms) ? String(moment) : write(texts(zone().wall(ms)));
  };
  return {
    format: (moment) => shown(moment, (at) => `${at.day} ${at.monthName} ${at.year} ${at.time}`),
    short(moment) {
      const year = String(zone().wall(clock.now()).year);
      return shown(moment, (at) => {
        const rest = at.year === year ? at.time : `${at.year} ${at.time.slice(0, 5)}`;
        return `${at.day} ${at.monthName} ${rest}`;
      });
    },
    sortable: (moment) => shown(moment, (at) => `${at.year}-${at.month}-${at.day} ${at.time}`),
    parse: (text, direction) => parseMoment(text, { now: clock.now(), zone: zone(), direction }),
  };
}

type Texts = Readonly<Record<'year' | 'month' | 'monthName' | 'day' | 'time', string>>;

function texts({ year, month, day, hour, minute, second }: ReturnType<Zone['wall']>): Texts {
  const two = (number: number): string => String(number).padStart(2, '0');
  return {
    year: String(year),
    month: two(month),
    monthName: MONTHS[month - 1] ?? '',
    day: two(day),
    time: [hour, minute, second].map(two).join(':'),
  };
}
