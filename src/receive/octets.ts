/**
 * The one look at the octets of a message while they come in: stray CR, LF and NUL (what makes two servers
 * disagree about lines, and so about where a message ends), line lengths, and where the header block ends.
 * Chunks may be cut anywhere. A plain loop: it runs over every octet that anybody sends.
 */

export type Flaw = 'bare CR' | 'bare LF' | 'NUL' | 'long line';

export interface Octets {
  take(chunk: Buffer): void;
  /** The first flaw that was met. */
  readonly flaw: Flaw | null;
  readonly bytes: number;
  /** Lines of the header block so far, the empty one not counted. */
  readonly headerLines: number;
  /** Octets up to and including the empty line after the header; -1: not seen yet. */
  readonly headerEnd: number;
}

const LF = 0x0a;
const CR = 0x0d;

/** `lineBytes`: the longest line that passes, its line end not counted. */
export function createOctets(lineBytes: number): Octets {
  let flaw: Flaw | null = null;
  let bytes = 0;
  let headerLines = 0;
  let headerEnd = -1;
  /** Offset in the message at which the present line begins. */
  let lineStart = 0;
  let afterCr = false;

  const take = (chunk: Buffer): void => {
    const { length } = chunk;
    if (flaw !== null || length === 0) {
      bytes += length;
      return;
    }
    if (afterCr && chunk[0] !== LF) flaw = 'bare CR';
    for (let i = 0; i < length; i++) {
      const octet = chunk[i] ?? 0;
      if (octet > CR) continue;
      if (octet === LF) {
        if (i === 0 ? !afterCr : chunk[i - 1] !== CR) flaw ??= 'bare LF';
        const lineLength = bytes + i - 1 - lineStart;
        if (lineLength > lineBytes) flaw ??= 'long line';
        lineStart = bytes + i + 1;
        if (headerEnd < 0) {
          if (lineLength === 0) headerEnd = lineStart;
          else headerLines++;
        }
      } else if (octet === CR) {
        if (i + 1 < length && chunk[i + 1] !== LF) flaw ??= 'bare CR';
      } else if (octet === 0) {
        flaw ??= 'NUL';
      }
      if (flaw !== null) break;
    }
    afterCr = chunk[length - 1] === CR;
    bytes += length;
    // Not only at its end, so that an endless line does not pass for the time that it lasts.
    if (bytes - lineStart > lineBytes + 2) flaw ??= 'long line';
  };

  return {
    take,
    get flaw() {
      return flaw;
    },
    get bytes() {
      return bytes;
    },
    get headerLines() {
      return headerLines;
    },
    get headerEnd() {
      return headerEnd;
    },
  };
}
