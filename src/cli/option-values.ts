/** Values of options that several commands share: a mailbox's size, a moment. */
import { parseSize } from '../lib/units.ts';
import { type Call, type Option, UsageError } from './command.ts';
import type { Direction } from './moment.ts';
import type { Times } from './times.ts';

/** Octets of `--quota`; null: the word "default"; undefined: not given. */
export function quotaOption(call: Call): number | null | undefined {
  const text = call.text('quota');
  if (text === null) return undefined;
  if (text.toLowerCase() === 'default') return null;
  const bytes = parseSize(text);
  if (bytes !== null && bytes > 0) return bytes;
  throw new UsageError(`--quota is a size such as "500 MB" or 2GB, or the word default, not "${text}"`);
}

/** Milliseconds since 1970; null: not given. */
export function momentOption(call: Call, name: string, times: Times, direction: Direction): number | null {
  const text = call.text(name);
  if (text === null) return null;
  const moment = times.parse(text, direction);
  if (moment !== null) return moment;
  const duration = direction === 'ago' ? '2h (ago)' : '30d (from now)';
  throw new UsageError(
    `--${name} is a time such as 2026-11-24, "2026-11-24 08:00", 08:00 (today) or ${duration}, not "${text}"`,
  );
}

/** Whether one of these options was given. */
export function anyGiven(call: Call, options: readonly Option[]): boolean {
  return options.some(({ name }) => call.flag(name));
}
