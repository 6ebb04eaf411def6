/**
 * Calendars and address cards as text (RFC 5545 §3.1 and §3.3.11, RFC 6350 §3.2): long lines are folded anywhere, also
 * in the middle of a link, and commas, semicolons and line ends are escaped. In pieces of any size.
 */

import { percentDecoded } from './links/canonical.ts';

export interface Unfolder {
  write(text: string): string;
  end(): string;
}

export function createUnfolder(): Unfolder {
  /** What the next piece may turn into something else: a line end (perhaps a fold), a backslash. */
  let held = '';
  return {
    write(text) {
      const whole = (held + text).replace(/\r?\n[ \t]/g, '');
      const end = openEnd(whole);
      held = whole.slice(end);
      return unescaped(whole.slice(0, end));
    },
    end: () => unescaped(held),
  };
}

/** Where a line end begins that closes the text, and a backslash before it that escapes. */
function openEnd(text: string): number {
  let end = text.length;
  if (text[end - 1] === '\n') end--;
  if (text[end - 1] === '\r') end--;
  let backslashes = 0;
  while (text[end - 1 - backslashes] === '\\') backslashes++;
  return end - (backslashes % 2);
}

function unescaped(text: string): string {
  return text.replace(/\\([nN,;\\])/g, (_, letter: string) => (/n/i.test(letter) ? '\n' : letter));
}

/** Longer ones are cut, which breaks one letter at most. */
const LONGEST_RUN = 3_000;

/** Percent-encoding undone, in pieces of any size. */
export function createPercentDecoder(): Unfolder {
  let held = '';
  return {
    write(text) {
      const whole = held + text;
      let end = whole.length;
      while (end > 0 && whole.length - end < LONGEST_RUN && /[%0-9a-f]/i.test(whole.charAt(end - 1))) end--;
      held = whole.slice(end);
      return percentDecoded(whole.slice(0, end));
    },
    end: () => percentDecoded(held),
  };
}
