/**
 * Tape archives: blocks of 512 octets, a header and then the file, as POSIX.1-2017 pax has them, with the long names of
 * GNU. Links and devices have no octets; their names are judged all the same.
 */
import { type Box, CannotOpen, type Opened } from '../opening.ts';

const BLOCK = 512;
/** Names in headers of their own are not longer in earnest. */
const MAX_LONG_NAME = 65_536;

interface Header {
  readonly name: string;
  readonly bytes: number;
  /** POSIX: "0" and NUL: a file. "x", "g": pax. "L", "K": a long name of GNU. */
  readonly type: string;
}

/** Whether there is a header at the beginning: older ones have no other mark than their sum. */
export function isTar(octets: Buffer): boolean {
  return octets.length >= BLOCK && readHeader(octets, 0) !== null;
}

export async function openTar(octets: Buffer, file: Opened, box: Box): Promise<void> {
  let longName: string | null = null;
  let at = 0;
  while (at + BLOCK <= octets.length) {
    if (isZero(octets, at)) return openBehind(octets, at, file, box);
    const header = readHeader(octets, at);
    if (header === null) throw new CannotOpen('damaged: a header in it cannot be read');
    box.budget.entry();
    const start = at + BLOCK;
    const content = octets.subarray(start, start + header.bytes);
    if (content.length < header.bytes) throw new CannotOpen('damaged: it ends too early');
    at = start + Math.ceil(header.bytes / BLOCK) * BLOCK;
    if (header.type === 'g' || header.type === 'K') continue;
    if (header.type === 'L' || header.type === 'x') {
      const text = content.toString('utf8', 0, MAX_LONG_NAME);
      longName = header.type === 'L' ? untilNul(text) : (paxPath(text) ?? longName);
      continue;
    }
    const names = longName === null ? [header.name] : [longName, header.name];
    longName = null;
    if (content.length > 0) await box.enter(file, { names }, [content]);
    else for (const name of names) box.name(file, name);
  }
}

/** Behind the end some readers go on (`tar -i`): what is there is a file of the same archive, or padding. */
async function openBehind(octets: Buffer, from: number, file: Opened, box: Box): Promise<void> {
  for (let at = from; at + BLOCK <= octets.length; at += BLOCK) {
    if (isZero(octets, at) || readHeader(octets, at) === null) continue;
    return openTar(octets.subarray(at), file, box);
  }
}

function readHeader(octets: Buffer, at: number): Header | null {
  const block = octets.subarray(at, at + BLOCK);
  if (!hasItsSum(block)) return null;
  const bytes = readNumber(block.subarray(124, 136));
  if (bytes === null) return null;
  const text = (from: number, to: number): string => untilNul(block.toString('utf8', from, to));
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? text(345, 500) : '';
  const name = prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`;
  return { name, bytes, type: block.toString('latin1', 156, 157) };
}

/** The sum of all octets, those of the sum itself as spaces; old programs summed them with signs. */
function hasItsSum(block: Buffer): boolean {
  const stated = readNumber(block.subarray(148, 156));
  if (stated === null) return false;
  let unsigned = 0;
  let signed = 0;
  for (const [i, octet] of block.entries()) {
    const counted = i >= 148 && i < 156 ? 0x20 : octet;
    unsigned += counted;
    signed += counted > 127 ? counted - 256 : counted;
  }
  return stated === unsigned || stated === signed;
}

/** Octal digits, or with the highest bit set the number itself (GNU). */
function readNumber(field: Buffer): number | null {
  if (((field[0] ?? 0) & 0x80) !== 0) {
    const value = field.readUIntBE(field.length - 6, 6);
    return Number.isSafeInteger(value) ? value : null;
  }
  const digits = /^[ \0]*([0-7]{1,12})[ \0]*$/.exec(field.toString('latin1'))?.[1];
  return digits === undefined ? null : Number.parseInt(digits, 8);
}

function isZero(octets: Buffer, at: number): boolean {
  return octets.subarray(at, at + BLOCK).every((octet) => octet === 0);
}

/** Records "27 path=folder/letter.docx\n". */
function paxPath(text: string): string | null {
  return /(?:^|\n)\d{1,6} path=([^\n]*)/.exec(text)?.[1] ?? null;
}

function untilNul(text: string): string {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
