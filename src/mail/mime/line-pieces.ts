/** Octets in lines: whole ones where they are short, the others in pieces, so that no line costs more memory than that. */

/** `start`, `end`: of a line; the line end is not in it. */
export type OnLine = (piece: Buffer, start: boolean, end: boolean) => void;

const LF = 0x0a;
const CR = 0x0d;

export class LinePieces {
  readonly #limit: number;
  readonly #onLine: OnLine;
  #held: Buffer | null = null;
  #heldBytes = 0;
  #start = true;

  constructor(limit: number, onLine: OnLine) {
    this.#limit = limit;
    this.#onLine = onLine;
  }

  /** Nothing of a line has come yet. */
  get fresh(): boolean {
    return this.#start && this.#heldBytes === 0;
  }

  /** Up to and with the next line end; where that is. */
  take(octets: Buffer, at: number): number {
    const lf = octets.indexOf(LF, at);
    const next = Math.min(lf < 0 ? octets.length : lf + 1, at + this.#limit - this.#heldBytes);
    const ended = next === lf + 1 && lf >= 0;
    if (ended && this.#heldBytes === 0) {
      this.#give(octets.subarray(at, next), true);
      return next;
    }
    this.#held ??= Buffer.allocUnsafe(this.#limit);
    this.#held.set(octets.subarray(at, next), this.#heldBytes);
    this.#heldBytes += next - at;
    if (ended || this.#heldBytes === this.#limit) this.#give(this.#takeHeld(), ended);
    return next;
  }

  end(): void {
    if (this.#heldBytes > 0) this.#give(this.#takeHeld(), true);
    this.#start = true;
  }

  #takeHeld(): Buffer {
    const held = (this.#held ?? Buffer.alloc(0)).subarray(0, this.#heldBytes);
    this.#heldBytes = 0;
    return held;
  }

  #give(piece: Buffer, end: boolean): void {
    let length = piece.length;
    if (end) while (length > 0 && (piece[length - 1] === LF || piece[length - 1] === CR)) length--;
    const start = this.#start;
    this.#start = end;
    this.#onLine(piece.subarray(0, length), start, end);
  }
}
