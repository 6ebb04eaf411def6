/** A time zone: from a moment to what its clocks show, and back. */

/** Months are counted from 1. */
export interface Wall {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

export interface Zone {
  /** What clocks show at this moment, in milliseconds since 1970. */
  wall(moment: number): Wall;
  /**
   * The moment at which clocks show this; null: there is no such day or time. Of a time that is left out when clocks
   * are put forward, the later one; of one that comes twice, either.
   */
  moment(wall: Wall): number | null;
}

export function createZone(timeZone: string): Zone {
  const formatter = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    hourCycle: 'h23',
  });

  function wall(moment: number): Wall {
    const parts = new Map<string, number>();
    for (const { type, value } of formatter.formatToParts(moment)) parts.set(type, Number(value));
    const part = (name: string): number => parts.get(name) ?? 0;
    const [year, month, day] = [part('year'), part('month'), part('day')];
    return { year, month, day, hour: part('hour'), minute: part('minute'), second: part('second') };
  }

  return {
    wall,
    moment(wanted) {
      if (!sameWall(wallOf(utc(wanted)), wanted)) return null;
      const shown = utc(wanted);
      // The offset is asked for where it is likely to hold; a change of the clocks within the day moves it once.
      const offset = (moment: number): number => utc(wall(moment)) - Math.floor(moment / 1000) * 1000;
      const first = shown - offset(shown);
      const second = shown - offset(first);
      if (utc(wall(first)) === shown) return first;
      return utc(wall(second)) === shown ? second : Math.max(first, second);
    },
  };
}

function utc({ year, month, day, hour, minute, second }: Wall): number {
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function wallOf(moment: number): Wall {
  const date = new Date(moment);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  };
}

function sameWall(a: Wall, b: Wall): boolean {
  const sameDay = a.year === b.year && a.month === b.month && a.day === b.day;
  return sameDay && a.hour === b.hour && a.minute === b.minute && a.second === b.second;
}
