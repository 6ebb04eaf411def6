/** The option --quota, which agencies and users share. */
import { parseSize } from '../lib/units.ts';
import { type Call, UsageError } from './command.ts';

/** Octets of `--quota`; null: not given. */
export function quotaOption(call: Call): number | null {
  const text = call.text('quota');
  if (text === null) return null;
  const bytes = parseSize(text);
  if (bytes !== null && bytes > 0) return bytes;
  throw new UsageError(`--quota is a size such as "500 MB" or 2GB, not "${text}"`);
}
