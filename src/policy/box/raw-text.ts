/**
 * Links in files of which only the letters are understood: runs of printable ASCII, also as UTF-16 at even and at odd
 * places, as old Office, Outlook and binary sheets have them.
 */
import type { LinkFinder } from '../../rules/links/finder.ts';
import { slicesOf } from './inflate.ts';
import type { Box, Octets } from './opening.ts';

/** Everything else ends a word. */
const UNPRINTABLE = /[^\x20-\x7e]+/g;

/** Each way to read the octets; `skip`: what stands in front. */
const READINGS = [
  { encoding: 'latin1', skip: 0 },
  { encoding: 'utf16le', skip: 0 },
  { encoding: 'utf16le', skip: 1 },
] as const;

export async function scanRaw(octets: Octets, part: string, box: Box): Promise<void> {
  const readers = READINGS.map(({ encoding, skip }) => rawReader(encoding, skip, box.finder('text', part)));
  for await (const piece of octets) {
    for (const slice of slicesOf(piece)) for (const reader of readers) reader.write(slice);
  }
  for (const reader of readers) reader.end();
}

const MARKUP = /<(?:html|body|a|area|base|form)[\s>]/i;

/** The text of a message of Outlook may be markup, in which a link may be written with references to characters. */
export async function scanMarkup(octets: Buffer, part: string, box: Box): Promise<void> {
  const pieces = [...slicesOf(octets)];
  if (!pieces.some((piece) => MARKUP.test(piece.toString('latin1')))) return;
  const finder = box.finder('html', part);
  for (const piece of pieces) finder.write(piece.toString('latin1'));
  finder.end();
}

/** Of ASCII alone: cheaper, for what holds no UTF-16. */
export function asciiReader(finder: LinkFinder): { write(octets: Buffer): void; end(): void } {
  return rawReader('latin1', 0, finder);
}

function rawReader(encoding: 'latin1' | 'utf16le', skip: number, finder: LinkFinder) {
  let odd: Buffer = Buffer.alloc(0);
  let skipped = skip === 0;
  return {
    write(piece: Buffer) {
      let octets = odd.length > 0 ? Buffer.concat([odd, piece]) : piece;
      if (!skipped && octets.length > 0) {
        octets = octets.subarray(skip);
        skipped = true;
      }
      const whole = encoding === 'latin1' ? octets.length : octets.length & ~1;
      odd = Buffer.from(octets.subarray(whole));
      const text = octets.toString(encoding, 0, whole).replace(UNPRINTABLE, '\n');
      if (text !== '\n') finder.write(text);
    },
    end() {
      finder.end();
    },
  };
}
