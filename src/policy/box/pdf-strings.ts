/**
 * The strings in the octets of a PDF that do not stand there as they are read: with escapes, as hexadecimal digits, in UTF-16
 * (ISO 32000-2 §7.3.4). Takes the octets as they come and holds one string at most.
 */
import type { LinkFinder } from '../../rules/links/finder.ts';

export interface PdfStrings {
  write(octets: Buffer): void;
  /** Of a stream: no string goes on behind it. */
  reset(): void;
}

/** No address is longer. */
const MAX_STRING = 65_536;
const [OPEN, CLOSE, ESCAPE, LESS, GREATER, COMMENT] = [0x28, 0x29, 0x5c, 0x3c, 0x3e, 0x25];
const LINE_ENDS: ReadonlySet<number> = new Set([0x0a, 0x0d]);
const NAMED: ReadonlyMap<number, number> = new Map([
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
  [0x62, 0x08],
  [0x66, 0x0c],
]);

export function createPdfStrings(finder: LinkFinder): PdfStrings {
  const held = Buffer.alloc(MAX_STRING);
  let length = 0;
  /** Whether the octets stand there as they are read: then another reader has seen them. */
  let plain = true;
  let depth = 0;
  let isHex = false;
  let half = -1;
  let isComment = false;
  /** Digits of an octal number; -1: no escape. */
  let digits = -1;
  let octal = 0;

  const put = (octet: number): void => {
    if (length < MAX_STRING) held[length++] = octet;
  };
  const finish = (): void => {
    if (half >= 0) put(half << 4);
    if (length > 0 && (!plain || (held[0] ?? 0) >= 0xef)) {
      // Line ends are no part of an address to anybody.
      const text = decodePdfText(held.toString('latin1', 0, length)).replace(/[\r\n]/g, '');
      finder.write(`\n${text.replace(/[^\x20-\x7e]+/g, '\n')}\n`);
    }
    reset();
  };
  const reset = (): void => {
    [length, depth, half, digits, octal] = [0, 0, -1, -1, 0];
    [plain, isHex, isComment] = [true, false, false];
  };
  /** False: the escape is over, and the octet belongs to what follows. */
  const escaped = (octet: number): boolean => {
    if (octet >= 0x30 && octet <= 0x37 && digits < 3) {
      octal = (octal << 3) | (octet - 0x30);
      digits++;
      return true;
    }
    const isOctal = digits > 0;
    if (isOctal) put(octal & 0xff);
    else if (!LINE_ENDS.has(octet)) put(NAMED.get(octet) ?? octet);
    [digits, octal] = [-1, 0];
    return !isOctal;
  };
  const literal = (octet: number): void => {
    if (digits >= 0 && escaped(octet)) return;
    if (octet === ESCAPE) {
      digits = 0;
      plain = false;
      return;
    }
    if (LINE_ENDS.has(octet)) plain = false;
    else if (octet === OPEN) depth++;
    else if (octet === CLOSE) depth--;
    if (depth === 0) finish();
    else put(octet);
  };
  const hex = (octet: number): void => {
    const digit = digitOf(octet);
    if (octet === GREATER) finish();
    else if (digit < 0) {
      // White space may stand between digits; else it is a dictionary, or no PDF at all.
      if (octet > 0x20) reset();
    } else if (half < 0) half = digit;
    else {
      put((half << 4) | digit);
      half = -1;
    }
  };

  return {
    write(octets) {
      for (const octet of octets) {
        if (depth > 0) literal(octet);
        else if (isHex) hex(octet);
        else if (isComment) isComment = !LINE_ENDS.has(octet);
        else if (octet === COMMENT) isComment = true;
        else if (octet === OPEN) depth = 1;
        else if (octet === LESS) [isHex, plain] = [true, false];
      }
    },
    reset,
  };
}

function digitOf(digit: number): number {
  if (digit >= 0x30 && digit <= 0x39) return digit - 0x30;
  const lower = digit | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** ISO 32000-2 §7.9.2.2: text may be UTF-16 or UTF-8 with a mark; addresses should not be, and readers take them. */
export function decodePdfText(text: string): string {
  const octets = Buffer.from(text, 'latin1');
  if (text.startsWith('\xfe\xff')) return new TextDecoder('utf-16be').decode(octets);
  return text.startsWith('\xff\xfe') ? new TextDecoder('utf-16le').decode(octets) : text;
}
