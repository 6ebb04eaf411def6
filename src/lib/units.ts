/**
 * Sizes and times as people write them: "20 MB", "1.5 GB", "500 ms", "15 m", "2h30m". Sizes are binary
 * (1 MB = 1,048,576 octets, as the guideline counts mailboxes). A number without a unit says nothing and is
 * not read, except 0. The parse functions return null for what they cannot read.
 */

/** Units in octets; "KB" and "MiB" are read as the same as "kB" and "MB". */
const SIZE_UNITS: readonly (readonly [string, number])[] = [
  ['TB', 1024 ** 4],
  ['GB', 1024 ** 3],
  ['MB', 1024 ** 2],
  ['kB', 1024],
  ['B', 1],
];

const TIME_UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
];

const TIME_NAMES: ReadonlyMap<string, number> = new Map([
  ...TIME_UNITS,
  ['day', 86_400_000],
  ['days', 86_400_000],
  ['hour', 3_600_000],
  ['hours', 3_600_000],
  ['min', 60_000],
  ['minute', 60_000],
  ['minutes', 60_000],
  ['sec', 1000],
  ['second', 1000],
  ['seconds', 1000],
]);

/** Octets: whole, not negative, exactly representable. */
export function parseSize(text: string): number | null {
  if (text.trim() === '0') return 0;
  const match = /^(\d+(?:\.\d+)?) ?([kmgt]?)(?:i?b)$/i.exec(text.trim());
  if (!match) return null;
  const letter = (match[2] ?? '').toLowerCase();
  const unit = SIZE_UNITS.find(([name]) => name.slice(0, -1).toLowerCase() === letter);
  return unit ? whole(Number(match[1]) * unit[1]) : null;
}

/** Milliseconds. Several parts add up, the larger unit first: "2h30m", "1 h 30 m". */
export function parseDuration(text: string): number | null {
  const trimmed = text.trim().toLowerCase();
  if (trimmed === '0') return 0;
  if (!/^(?:\d+(?:\.\d+)? ?[a-z]+ ?)+$/.test(trimmed)) return null;
  let total = 0;
  let last = Number.POSITIVE_INFINITY;
  for (const [, amount, name] of trimmed.matchAll(/(\d+(?:\.\d+)?) ?([a-z]+)/g)) {
    const unit = TIME_NAMES.get(name ?? '');
    if (unit === undefined || unit >= last) return null;
    last = unit;
    total += Number(amount) * unit;
  }
  return whole(total);
}

/** In the largest unit that leaves at least 1, with one decimal at most: "500 MB", "97.7 kB". */
export function formatSize(bytes: number): string {
  const [name, unit] = SIZE_UNITS.find(([, size]) => Math.abs(bytes) >= size) ?? ['B', 1];
  return `${oneDecimal(bytes / unit)} ${name}`;
}

/** The two largest units that are not zero: "2 h 30 m", "10 s", "1.5 s". */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${oneDecimal(ms / 1000)} s`;
  const parts: string[] = [];
  let rest = Math.round(ms / 1000) * 1000;
  for (const [name, unit] of TIME_UNITS) {
    const count = Math.floor(rest / unit);
    rest -= count * unit;
    if (count > 0 && parts.length < 2) parts.push(`${count} ${name}`);
    else if (parts.length === 1) break;
  }
  return parts.join(' ');
}

function whole(value: number): number | null {
  return Number.isSafeInteger(value) ? value : null;
}

function oneDecimal(value: number): string {
  return String(Math.round(value * 10) / 10);
}
