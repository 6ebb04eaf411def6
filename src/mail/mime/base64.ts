/**
 * base64 (RFC 2045 §6.8), read as the most forgiving reader does: foreign characters are stepped over, and what stands
 * behind padding is decoded as well. `doubtful` says that other readers get other octets. Octets that nobody wants are
 * not decoded: the letters of the alphabet are counted.
 */
import type { Decoder, Output } from './decoder.ts';
import type { PartReader } from './part.ts';

const PIECE = 48 * 1_024;
const LF = 0x0a;
/** Of a list's footer, what stands on its first line before the first sign that it is one. */
const TAIL = 256;
/** A line of so many letters of the alphabet is no prose. */
const PURE_LINE = 24;

const NOTHING = Buffer.alloc(0);
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const VALUES = new Uint8Array(256);
const WHITE = 0;
const LETTER = 1;
const PAD = 2;
const FOREIGN = 4;
const KINDS = new Uint8Array(256).fill(FOREIGN);
for (const [value, char] of [...ALPHABET].entries()) {
  VALUES[char.charCodeAt(0)] = value;
  KINDS[char.charCodeAt(0)] = LETTER;
}
KINDS[0x3d] = PAD;
for (const octet of [0x20, 0x09, 0x0a, 0x0b, 0x0c, 0x0d]) KINDS[octet] = WHITE;

export interface Base64Options {
  readonly output: Output;
  /** Text: gets what stands behind the encoded octets, as it stands; lists append footers so. Null: all must be base64. */
  readonly footer: PartReader | null;
}

export class Base64Decoder implements Decoder {
  readonly #output: Output;
  readonly #footer: PartReader | null;
  #scratch: Buffer | null = null;
  #filled = 0;
  #decoded = 0;
  /** Of a group of four that is not complete: how many letters, and their bits. */
  #letters = 0;
  #bits = 0;
  #padded = false;
  #foreign = false;
  #behind = false;
  #resumed = false;
  /** Of the present line behind padding or foreign characters. */
  #lineLetters = 0;
  #linePure = false;
  #tail = NOTHING;
  #inFooter = false;

  constructor({ output, footer }: Base64Options) {
    this.#output = output;
    this.#footer = footer;
  }

  get bytes(): number {
    return this.#decoded + this.#filled;
  }

  /** After `end`: there was something else than base64 in it. */
  get foreign(): boolean {
    return this.#foreign;
  }

  /** After `end`. */
  get doubtful(): boolean {
    return this.#resumed || (this.#behind && this.#footer === null);
  }

  write(octets: Buffer): void {
    for (let at = 0; at < octets.length; at += PIECE) this.#piece(octets.subarray(at, at + PIECE));
  }

  end(): void {
    this.#endLine();
    this.#endGroup();
    this.#flush();
    if (this.#inFooter) this.#footer?.end();
  }

  #piece(piece: Buffer): void {
    const wasInFooter = this.#inFooter;
    let letters = 0;
    let kinds = 0;
    for (let i = 0; i < piece.length; i++) {
      const kind = KINDS[piece[i] ?? 0] ?? 0;
      letters += kind & LETTER;
      kinds |= kind;
    }
    if (kinds > LETTER || this.#padded || this.#foreign) this.#decodeDoubtful(piece);
    else if (this.#output) this.#decode(piece, letters);
    else this.#count(letters);
    if (wasInFooter) this.#footer?.write(piece);
    else if (this.#footer && !this.#inFooter) this.#keepTail(piece);
    this.#flush();
  }

  #count(letters: number): void {
    const all = this.#letters + letters;
    this.#decoded += Math.floor(all / 4) * 3;
    this.#letters = all % 4;
  }

  /** Whole groups natively, which is several times as fast; what is left over at both ends by hand. */
  #decode(piece: Buffer, letters: number): void {
    const room = this.#room(piece.length);
    let at = 0;
    let left = letters;
    for (; this.#letters > 0 && at < piece.length; at++) left -= this.#letter(piece[at] ?? 0);
    let end = piece.length;
    for (let over = left % 4; over > 0; end--) over -= (KINDS[piece[end - 1] ?? 0] ?? 0) & LETTER;
    this.#filled += room.write(piece.toString('latin1', at, end), this.#filled, 'base64');
    for (; end < piece.length; end++) this.#letter(piece[end] ?? 0);
  }

  /** 1: it was one, not white space. */
  #letter(octet: number): number {
    if (KINDS[octet] !== LETTER) return 0;
    this.#bits = (this.#bits << 6) | (VALUES[octet] ?? 0);
    if (++this.#letters === 4) this.#endGroup();
    return 1;
  }

  #decodeDoubtful(piece: Buffer): void {
    this.#room(piece.length);
    for (let i = 0; i < piece.length; i++) {
      const octet = piece[i] ?? 0;
      const kind = KINDS[octet];
      if (octet === LF) this.#endLine();
      if (kind === WHITE) continue;
      if (kind === PAD) {
        this.#pad();
        continue;
      }
      if (this.#padded) this.#behind = true;
      if (this.#footer && (this.#padded || kind === FOREIGN)) this.#beginFooter(piece, i);
      if (kind === FOREIGN) {
        this.#foreign = true;
        this.#linePure = false;
      }
      this.#lineLetters += this.#letter(octet);
    }
  }

  #pad(): void {
    this.#endGroup();
    if (!this.#padded && !this.#foreign) {
      this.#linePure = true;
      this.#lineLetters = 0;
    } else if (this.#lineLetters > 0) {
      this.#lineLetters++;
    }
    this.#padded = true;
  }

  /** Two letters are one octet, three are two. */
  #endGroup(): void {
    const octets = Math.max(0, this.#letters - 1);
    if (this.#output) {
      const bits = this.#bits << (6 * (4 - this.#letters));
      const room = this.#room(0);
      for (let i = 0; i < octets; i++) room[this.#filled++] = bits >> (16 - 8 * i);
    } else {
      this.#decoded += octets;
    }
    this.#letters = 0;
    this.#bits = 0;
  }

  /** Base64 that goes on behind what is none: here readers part that stop and those that step over. */
  #endLine(): void {
    if (!this.#padded && !this.#foreign) return;
    if (this.#linePure && this.#lineLetters >= PURE_LINE && this.#lineLetters % 4 === 0) this.#resumed = true;
    this.#lineLetters = 0;
    this.#linePure = true;
  }

  #beginFooter(piece: Buffer, at: number): void {
    if (this.#inFooter) return;
    this.#inFooter = true;
    const before = Buffer.concat([this.#tail, piece.subarray(Math.max(0, at - TAIL), at)]).subarray(-TAIL);
    this.#footer?.write(Buffer.from(before.subarray(before.lastIndexOf(LF) + 1)));
    this.#footer?.write(piece.subarray(at));
  }

  #keepTail(piece: Buffer): void {
    const last = piece.subarray(-TAIL);
    this.#tail = Buffer.concat([this.#tail, last]).subarray(-TAIL);
  }

  #room(letters: number): Buffer {
    // Four octets more than needed: a group of an earlier piece, and what a group that padding ended leaves.
    const needed = this.#filled + letters + 4;
    if (!this.#scratch || this.#scratch.length < needed) {
      const larger = Buffer.allocUnsafe(needed);
      if (this.#scratch) larger.set(this.#scratch.subarray(0, this.#filled));
      this.#scratch = larger;
    }
    return this.#scratch;
  }

  #flush(): void {
    if (this.#filled === 0 || !this.#scratch) return;
    const octets = this.#scratch.subarray(0, this.#filled);
    this.#decoded += this.#filled;
    this.#filled = 0;
    this.#output?.(octets);
  }
}
