/**
 * Quoted-printable (RFC 2045 §6.7) as the octets come. What is not valid stays as it stands; white space at the end of a
 * line goes (rule 3), however the octets are cut.
 */
import type { Decoder, Output } from './decoder.ts';

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const EQUALS = 0x3d;
/** The value of a hexadecimal digit; 16: it is none. */
const HEX = new Uint8Array(256).fill(16);
for (const [value, char] of [...'0123456789abcdef'].entries()) {
  HEX[char.charCodeAt(0)] = value;
  HEX[char.toUpperCase().charCodeAt(0)] = value;
}
const NOTHING = Buffer.alloc(0);
const PIECE = 32 * 1_024;
/** White space that is held until it is known whether the line ends behind it; of a longer run the begin is text. */
const MOST_WHITE = 1_024;

/** text; equals: "=" was read; digit: "=" and a hexadecimal digit; break: "=" and white space, perhaps a soft line break. */
type State = 'text' | 'equals' | 'digit' | 'break';

export class QuotedPrintableDecoder implements Decoder {
  readonly #output: Output;
  #scratch: Buffer = NOTHING;
  #filled = 0;
  #decoded = 0;
  #state: State = 'text';
  #digit = 0;
  readonly #white: number[] = [];

  constructor(output: Output) {
    this.#output = output;
  }

  get bytes(): number {
    return this.#decoded;
  }

  write(octets: Buffer): void {
    for (let at = 0; at < octets.length; at += PIECE) {
      this.#makeRoom(Math.min(PIECE, octets.length - at));
      this.#piece(octets.subarray(at, at + PIECE));
      this.#flush();
    }
  }

  /** White space and a lone "=" are the end of a line here. */
  end(): void {
    this.#makeRoom(0);
    if (this.#state === 'digit') this.#put(EQUALS, this.#digit);
    this.#white.length = 0;
    this.#state = 'text';
    this.#flush();
  }

  #piece(piece: Buffer): void {
    for (let at = 0; at < piece.length; ) {
      if (this.#state === 'text' && this.#white.length === 0) at = this.#run(piece, at);
      const octet = piece[at];
      if (octet === undefined) return;
      if (this.#state === 'text') this.#text(octet);
      else if (!this.#escaped(octet)) continue;
      at++;
    }
  }

  /** What can be told from the next octets alone, which is nearly all. */
  #run(piece: Buffer, start: number): number {
    const scratch = this.#scratch;
    const { length } = piece;
    let filled = this.#filled;
    let at = start;
    while (at < length) {
      const octet = piece[at] ?? 0;
      if ((octet > SPACE && octet !== EQUALS) || octet === CR || octet === LF) {
        scratch[filled++] = octet;
        at++;
      } else if (octet === EQUALS && at + 2 < length) {
        const high = HEX[piece[at + 1] ?? 0] ?? 0;
        const low = HEX[piece[at + 2] ?? 0] ?? 0;
        if (piece[at + 1] === CR && piece[at + 2] === LF) at += 3;
        else if (high < 16 && low < 16) {
          scratch[filled++] = high * 16 + low;
          at += 3;
        } else break;
      } else if (octet !== EQUALS && at + 1 < length && (piece[at + 1] ?? 0) > SPACE) {
        scratch[filled++] = octet;
        at++;
      } else break;
    }
    this.#filled = filled;
    return at;
  }

  #text(octet: number): void {
    if (octet === SPACE || octet === TAB) {
      this.#keepWhite(octet);
    } else if (octet === CR || octet === LF) {
      this.#white.length = 0;
      this.#put(octet);
    } else {
      this.#putWhite();
      if (octet === EQUALS) this.#state = 'equals';
      else this.#put(octet);
    }
  }

  /** Within an escape. False: it was none, what of it was read is text, and the octet is to be looked at again. */
  #escaped(octet: number): boolean {
    const white = octet === SPACE || octet === TAB || octet === CR;
    if (octet === LF && this.#state !== 'digit') {
      this.#white.length = 0;
      this.#state = 'text';
      return true;
    }
    if (white && this.#state !== 'digit') {
      this.#state = 'break';
      this.#keepWhite(octet);
      return true;
    }
    const value = HEX[octet] ?? 16;
    if (this.#state === 'equals' && value < 16) {
      this.#digit = octet;
      this.#state = 'digit';
      return true;
    }
    if (this.#state === 'digit' && value < 16) this.#put((HEX[this.#digit] ?? 0) * 16 + value);
    else if (this.#state === 'digit') this.#put(EQUALS, this.#digit);
    else this.#put(EQUALS);
    const taken = this.#state === 'digit' && value < 16;
    this.#state = 'text';
    return taken;
  }

  #keepWhite(octet: number): void {
    if (this.#white.length === MOST_WHITE) this.#putWhite();
    this.#white.push(octet);
  }

  #putWhite(): void {
    this.#put(...this.#white);
    this.#white.length = 0;
  }

  #put(...octets: number[]): void {
    for (const octet of octets) this.#scratch[this.#filled++] = octet;
  }

  /** For so many octets, and what was held before them. */
  #makeRoom(octets: number): void {
    const needed = octets + this.#white.length + 8;
    if (this.#scratch.length < needed) this.#scratch = Buffer.allocUnsafe(needed);
  }

  #flush(): void {
    if (this.#filled === 0) return;
    this.#decoded += this.#filled;
    const octets = this.#scratch.subarray(0, this.#filled);
    this.#filled = 0;
    this.#output?.(octets);
  }
}
