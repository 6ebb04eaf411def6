/**
 * Finds files that stand in text as uuencode (`begin 644 name` … `end`) or yEnc (`=ybegin` … `=yend`): mail programs show
 * them as attachments, so they count as such. Text without any costs two native searches.
 */
import { decodeRaw } from './encoded-words.ts';
import { LinePieces } from './line-pieces.ts';
import { decodeUuLine, decodeYenc, readBegin, type YencState } from './uuencode.ts';

export interface BlockOwner {
  /** A file begins: its first line of content was read. */
  open(kind: 'uuencode' | 'yenc', name: string): void;
  octets(octets: Buffer): void;
  close(): void;
}

const MARKS = [Buffer.from('\nbegin '), Buffer.from('\n=ybegin ')];
const LONGEST_LINE = 1_024;
/** A mark, without its line break. */
const MARK_BYTES = 8;
const LF = 0x0a;

interface Block {
  readonly kind: 'uuencode' | 'yenc';
  readonly name: string;
  opened: boolean;
}

export class FileBlocks {
  readonly #owner: BlockOwner;
  readonly #lines = new LinePieces(LONGEST_LINE, (piece, start) => this.#line(piece, start));
  #out: Buffer | null = null;
  readonly #yenc: YencState = { escaped: false };
  #block: Block | null = null;
  /** Within a line that begins no file. */
  #passing = false;

  constructor(owner: BlockOwner) {
    this.#owner = owner;
  }

  write(octets: Buffer): void {
    for (let at = 0; at < octets.length; ) {
      at = this.#passing ? this.#pass(octets, at) : this.#lines.take(octets, at);
      if (!this.#block && !this.#passing && this.#lines.fresh) this.#passing = this.#beginsNone(octets, at);
    }
  }

  end(): void {
    this.#lines.end();
    this.#close();
  }

  /** Not worth being taken as a line: its first octet is that of no mark. */
  #beginsNone(octets: Buffer, at: number): boolean {
    return at < octets.length && octets[at] !== 0x62 && octets[at] !== 0x3d;
  }

  /** To the next line that may begin a file. */
  #pass(octets: Buffer, at: number): number {
    let found = -1;
    for (const mark of MARKS) {
      const next = octets.indexOf(mark, at);
      if (next >= 0 && (found < 0 || next < found)) found = next;
    }
    // One that is cut by the end of the octets.
    if (found < 0) found = octets.indexOf(LF, Math.max(at, octets.length - MARK_BYTES - 1));
    if (found < 0) return octets.length;
    this.#passing = false;
    return found + 1;
  }

  #line(piece: Buffer, start: boolean): void {
    if (start && this.#readMark(piece)) return;
    const block = this.#block;
    if (!block) return;
    this.#out ??= Buffer.allocUnsafe(LONGEST_LINE);
    if (block.kind === 'yenc') this.#give(block, this.#out, decodeYenc(piece, this.#out, this.#yenc));
    else if (start) this.#give(block, this.#out, decodeUuLine(piece, this.#out));
  }

  /** Whether the line begins or ends a file, or belongs to its head. */
  #readMark(piece: Buffer): boolean {
    const first = piece[0];
    // "b", "e", "=".
    if (first !== 0x62 && first !== 0x65 && first !== 0x3d) return false;
    const text = piece.toString('latin1');
    const begin = readBegin(text);
    if (begin) {
      this.#close();
      this.#block = { ...begin, opened: false };
      this.#yenc.escaped = false;
      return true;
    }
    if (this.#block?.kind === 'yenc') {
      if (/^=yend\b/.test(text)) this.#close();
      return /^=y(?:end|part)\b/.test(text);
    }
    if (this.#block && /^end\s*$/.test(text)) this.#close();
    return false;
  }

  #give(block: Block, out: Buffer, bytes: number): void {
    if (bytes <= 0) return;
    if (!block.opened) {
      block.opened = true;
      this.#owner.open(block.kind, decodeRaw(block.name));
    }
    this.#owner.octets(out.subarray(0, bytes));
  }

  #close(): void {
    if (this.#block?.opened) this.#owner.close();
    this.#block = null;
  }
}
