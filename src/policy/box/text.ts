/** Octets of a text file as text, piece by piece, and into a link finder. */
import type { LinkFinder } from '../../rules/links/finder.ts';
import { slicesOf } from './inflate.ts';
import type { Octets } from './opening.ts';

/** Enough to see zeros between the letters. */
const LOOK_BYTES = 64;

/**
 * By its mark, or without one by the zeros between ASCII letters; else as UTF-8. In other encodings the letters beyond
 * ASCII come out wrong; those of links are ASCII.
 */
export function encodingOf(start: Buffer): 'utf-8' | 'utf-16le' | 'utf-16be' {
  const mark = start.length >= 2 ? start.readUInt16BE(0) : 0;
  if (mark === 0xfffe) return 'utf-16le';
  if (mark === 0xfeff) return 'utf-16be';
  const length = Math.min(start.length & ~1, LOOK_BYTES);
  let even = 0;
  let odd = 0;
  for (let i = 0; i < length; i += 2) {
    if (start[i] === 0) even++;
    if (start[i + 1] === 0) odd++;
  }
  const most = length * 0.4;
  if (length >= 4 && odd > most && even === 0) return 'utf-16le';
  return length >= 4 && even > most && odd === 0 ? 'utf-16be' : 'utf-8';
}

/** A part of a document may be XML whatever its name. */
export function beginsAsMarkup(start: Buffer): boolean {
  return /^\s*<[?!a-z]/i.test(new TextDecoder(encodingOf(start)).decode(start));
}

export async function* decode(octets: Octets): AsyncGenerator<string> {
  let decoder: TextDecoder | null = null;
  for await (const piece of octets) {
    decoder ??= new TextDecoder(encodingOf(piece));
    for (const slice of slicesOf(piece)) yield decoder.decode(slice, { stream: true });
  }
  if (decoder) yield decoder.decode();
}

export async function findLinks(texts: AsyncIterable<string>, finder: LinkFinder): Promise<void> {
  for await (const text of texts) finder.write(text);
  finder.end();
}
