/**
 * Cuts octets at the delimiter lines of the multiparts around them. All else goes on in pieces as large as may be, found by
 * native search; the line break before a delimiter belongs to it (RFC 2046 §5.1.1) and is held back until the line behind
 * it is known. Lines may end with LF alone, as in what was encoded as a whole. Holds one line at most, cut at 4 kB.
 */
import type { Delimiter } from './levels.ts';

export interface ScannerOwner {
  /** Lines can be delimiters; can change when octets are taken up to a line end. */
  readonly delimited: boolean;
  match(octets: Buffer, from: number, to: number): Delimiter | null;
  /** Takes octets; how many. Fewer than given: the rest is to be looked at anew, and begins a line. */
  octets(piece: Buffer): number;
  /** `held`: the line break before it. */
  delimiter(found: Delimiter, held: Buffer, line: Buffer): void;
}

const LF = 0x0a;
const CR = 0x0d;
const HYPHEN = 0x2d;
const CANDIDATE = Buffer.from('\n--');
const LONGEST_LINE = 4_096;
const NO_BREAK = Buffer.alloc(0);
const BREAKS = { cr: Buffer.from('\r'), lf: Buffer.from('\n'), crlf: Buffer.from('\r\n') };

export class Scanner {
  readonly #owner: ScannerOwner;
  #held: Buffer = NO_BREAK;
  /** A line begins here, and may be a delimiter. */
  #deciding = true;
  /** Behind a delimiter that is longer than what is looked at. */
  #skipping = false;
  #line: Buffer | null = null;
  #lineBytes = 0;

  constructor(owner: ScannerOwner) {
    this.#owner = owner;
  }

  write(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#skipping) at = this.#skip(chunk, at);
      else if (this.#held === BREAKS.cr) at = this.#afterCr(chunk, at);
      else if (this.#deciding) at = this.#decide(chunk, at);
      else at = this.#run(chunk, at);
    }
  }

  end(): void {
    const line = this.#takeLine();
    const found = line.length >= 2 ? this.#match(line) : null;
    if (found) {
      this.#delimiter(found, line);
    } else {
      this.#flushBreak();
      if (line.length > 0) this.#owner.octets(line);
    }
  }

  #skip(chunk: Buffer, at: number): number {
    const lf = chunk.indexOf(LF, at);
    if (lf < 0) return chunk.length;
    this.#skipping = false;
    this.#deciding = true;
    return lf + 1;
  }

  #afterCr(chunk: Buffer, at: number): number {
    if (chunk[at] !== LF) {
      this.#deciding = false;
      this.#flushBreak();
      return at;
    }
    this.#held = BREAKS.crlf;
    this.#deciding = true;
    return at + 1;
  }

  /** At the begin of a line, or within one that began in an earlier chunk and may be a delimiter. */
  #decide(chunk: Buffer, at: number): number {
    const second = this.#lineBytes === 0 ? at + 1 : at;
    if (!this.#owner.delimited && this.#lineBytes === 0) return this.#noDelimiter(at);
    if (this.#lineBytes === 0 && chunk[at] !== HYPHEN) return this.#noDelimiter(at);
    if (this.#lineBytes < 2 && second < chunk.length && chunk[second] !== HYPHEN)
      return this.#noDelimiter(at);

    const lf = chunk.indexOf(LF, at);
    const next = lf < 0 ? chunk.length : lf + 1;
    const kept = this.#lineBytes;
    const cut = kept + next - at > LONGEST_LINE;
    if (lf < 0 && !cut) {
      this.#keep(chunk.subarray(at));
      return next;
    }
    const piece = chunk.subarray(at, Math.min(next, at + LONGEST_LINE - kept));
    const line = kept === 0 ? piece : Buffer.concat([this.#line?.subarray(0, kept) ?? NO_BREAK, piece]);
    const found = this.#match(line);
    if (!found) return this.#noDelimiter(at);
    this.#lineBytes = 0;
    this.#delimiter(found, line);
    this.#skipping = cut;
    return at + piece.length;
  }

  /** The break held back may be the empty line behind a header, so that a boundary is known only once it has been given on. */
  #match(line: Buffer): Delimiter | null {
    const found = this.#owner.match(line, 0, line.length);
    if (found && !found.doubt) return found;
    if (this.#held.length === 0) return found;
    this.#flushBreak();
    return this.#owner.match(line, 0, line.length) ?? found;
  }

  #noDelimiter(at: number): number {
    this.#deciding = false;
    this.#flushBreak();
    const line = this.#takeLine();
    // Its CR may belong to a line break that is to be held back.
    const broken = line[line.length - 1] === CR;
    if (line.length > 0) this.#owner.octets(broken ? line.subarray(0, -1) : line);
    if (broken) this.#held = BREAKS.cr;
    return at;
  }

  #delimiter(found: Delimiter, line: Buffer): void {
    const held = this.#held;
    this.#held = NO_BREAK;
    this.#deciding = true;
    this.#owner.delimiter(found, held, line);
  }

  /** Within a line that is none, up to the next one that may be. */
  #run(chunk: Buffer, at: number): number {
    if (!this.#owner.delimited) return this.#give(chunk, at, chunk.length);
    const found = this.#nextCandidate(chunk, at);
    const lf = found >= 0 ? found : candidateAtEnd(chunk, at);
    if (lf < 0) {
      const end = chunk[chunk.length - 1] === CR ? chunk.length - 1 : chunk.length;
      const given = this.#give(chunk, at, end);
      if (given < end || end === chunk.length) return given;
      this.#held = BREAKS.cr;
      return chunk.length;
    }
    const end = lf > at && chunk[lf - 1] === CR ? lf - 1 : lf;
    const given = this.#give(chunk, at, end);
    if (given < end) return given;
    this.#held = end < lf ? BREAKS.crlf : BREAKS.lf;
    this.#deciding = true;
    return lf + 1;
  }

  /**
   * The line break before the next line that may be a delimiter. Those that are none, by what boundaries are known, need
   * not be looked at one by one: if a header ends before one of them, all behind it is looked at anew.
   */
  #nextCandidate(chunk: Buffer, at: number): number {
    let found = chunk.indexOf(CANDIDATE, at);
    while (found >= 0) {
      const lf = chunk.indexOf(LF, found + 1);
      if (lf < 0 || this.#owner.match(chunk, found + 1, Math.min(lf + 1, found + 1 + LONGEST_LINE))) break;
      found = chunk.indexOf(CANDIDATE, lf);
    }
    return found;
  }

  #give(chunk: Buffer, at: number, end: number): number {
    if (end <= at) return end;
    const used = this.#owner.octets(chunk.subarray(at, end));
    this.#deciding = used < end - at || chunk[end - 1] === LF;
    return at + used;
  }

  #flushBreak(): void {
    const held = this.#held;
    this.#held = NO_BREAK;
    if (held.length > 0) this.#owner.octets(held);
  }

  #keep(piece: Buffer): void {
    this.#line ??= Buffer.allocUnsafe(LONGEST_LINE);
    this.#line.set(piece, this.#lineBytes);
    this.#lineBytes += piece.length;
  }

  #takeLine(): Buffer {
    const line = this.#line?.subarray(0, this.#lineBytes) ?? NO_BREAK;
    this.#lineBytes = 0;
    return line;
  }
}

/** The LF of a chunk that ends in the midst of a candidate; -1: it does not. */
function candidateAtEnd(chunk: Buffer, at: number): number {
  const last = chunk.length - 1;
  if (last >= at && chunk[last] === LF) return last;
  return last > at && chunk[last] === HYPHEN && chunk[last - 1] === LF ? last - 1 : -1;
}
