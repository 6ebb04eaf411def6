/**
 * The one look at the octets of a message while they come in: stray CR, LF and NUL (what makes two servers
 * disagree about lines, and so about where a message ends), line lengths, and where the header block ends.
 * Chunks may be cut anywhere. It runs over every octet that anybody sends: from line end to line end by native
 * search, which is faster than a loop over the octets.
 */

export type Flaw = 'bare CR' | 'bare LF' | 'NUL' | 'long line';

export interface Octets {
  take(chunk: Buffer): void;
  /** One that was met; nothing is looked at after it. */
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

  const inspect = (chunk: Buffer): Flaw | null => {
    const last = chunk.length - 1;
    if (afterCr && chunk[0] !== LF) return 'bare CR';
    if (chunk.includes(0)) return 'NUL';
    for (let at = 0; ; ) {
      const lf = chunk.indexOf(LF, at);
      const cr = chunk.indexOf(CR, at);
      // The first CR of a line has to stand right before its LF, or end the chunk.
      if (cr >= 0 && cr !== lf - 1 && (lf < 0 ? cr !== last : cr < lf)) return 'bare CR';
      if (lf < 0) break;
      if (lf === 0 ? !afterCr : cr !== lf - 1) return 'bare LF';
      const lineLength = bytes + lf - 1 - lineStart;
      if (lineLength > lineBytes) return 'long line';
      at = lf + 1;
      lineStart = bytes + at;
      if (headerEnd >= 0) continue;
      if (lineLength === 0) headerEnd = lineStart;
      else headerLines++;
    }
    afterCr = chunk[last] === CR;
    // Not only at its end, so that an endless line does not pass for the time that it lasts.
    const lineLength = bytes + chunk.length - lineStart - (afterCr ? 1 : 0);
    return lineLength > lineBytes ? 'long line' : null;
  };

  return {
    take(chunk) {
      if (chunk.length === 0) return;
      flaw ??= inspect(chunk);
      bytes += chunk.length;
    },
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
