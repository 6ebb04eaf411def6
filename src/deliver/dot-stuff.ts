/**
 * The octets of a message as they go over the wire after DATA: a dot is put in front of a line that begins with one,
 * and `<CRLF>.<CRLF>` ends it (RFC 5321 §4.5.2). No other octet is changed.
 *
 * Invariant: nothing with a stray CR or LF goes out. Another server may read such an end of line as the end of the data,
 * and what follows as commands; our doors refuse it, so one that comes here was put in by a bug.
 */
export interface DotStuffing {
  /** The next octets in pieces of the chunk itself; throws `StrayLineEnd`. */
  push(chunk: Buffer): Buffer[];
  /** What ends the data; adds the line end that an unended last line needs. */
  end(): Buffer;
}

export class StrayLineEnd extends Error {
  override name = 'StrayLineEnd';
}

const CR = 0x0d;
const LF = 0x0a;
const DOT = Buffer.from('.');

export function createDotStuffing(): DotStuffing {
  let lineStart = true;
  let afterCr = false;

  return {
    push(chunk) {
      const pieces: Buffer[] = [];
      let taken = 0;
      let at = 0;
      if (afterCr && chunk.length > 0) {
        if (chunk[0] !== LF) throw new StrayLineEnd('CR without LF');
        afterCr = false;
        lineStart = true;
        at = 1;
      }
      while (at < chunk.length) {
        if (lineStart && chunk[at] === DOT[0]) {
          pieces.push(chunk.subarray(taken, at), DOT);
          taken = at;
        }
        const cr = chunk.indexOf(CR, at);
        const lf = chunk.indexOf(LF, at);
        if (cr < 0) {
          if (lf >= 0) throw new StrayLineEnd('LF without CR');
          lineStart = false;
          break;
        }
        if (lf >= 0 && lf < cr) throw new StrayLineEnd('LF without CR');
        afterCr = cr === chunk.length - 1;
        if (!afterCr && lf !== cr + 1) throw new StrayLineEnd('CR without LF');
        lineStart = !afterCr;
        at = cr + 2;
      }
      pieces.push(chunk.subarray(taken));
      return pieces.filter((piece) => piece.length > 0);
    },
    end() {
      if (afterCr) throw new StrayLineEnd('CR without LF');
      return Buffer.from(lineStart ? '.\r\n' : '\r\n.\r\n');
    },
  };
}
