/** Moments as people read them, in the time zone of the settings: "24 Nov 2026 16:40:12". */
export interface Times {
  /** Milliseconds since 1970, or ISO 8601. */
  format(moment: number | string): string;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The time zone is asked for at the first use, so that commands which show no time need no settings. */
export function createTimes(timezone: () => string): Times {
  let formatter: Intl.DateTimeFormat | null = null;
  return {
    format(moment) {
      const date = new Date(moment);
      if (Number.isNaN(date.getTime())) return String(moment);
      formatter ??= createFormatter(timezone());
      const part = Object.fromEntries(formatter.formatToParts(date).map(({ type, value }) => [type, value]));
      const month = MONTHS[Number(part.month) - 1];
      return `${part.day} ${month} ${part.year} ${part.hour}:${part.minute}:${part.second}`;
    },
  };
}

function createFormatter(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: 'numeric',
    month: 'numeric',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
}
