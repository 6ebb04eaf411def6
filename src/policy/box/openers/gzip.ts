/** gzip (RFC 1952): one file, in one piece or several; what stands behind the last is nobody's. */
import { inflate } from '../inflate.ts';
import type { Box, Opened } from '../opening.ts';

const NAMED = 0x08;
const EXTRA = 0x04;
const MAX_NAME = 1_024;

export async function openGzip(octets: Buffer, file: Opened, box: Box): Promise<void> {
  const names = [...new Set([nameWithout(file.names[0] ?? ''), storedName(octets) ?? ''])];
  box.budget.entry();
  await box.enter(file, { names: names.filter((name) => name !== '') }, inflate(octets, 'gzip', box.budget));
}

/** "letter.doc.gz" holds "letter.doc", "letters.tgz" a "letters.tar". */
function nameWithout(name: string): string {
  const base = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
  return base.replace(/\.tgz$/i, '.tar').replace(/\.gz$/i, '');
}

/** RFC 1952 §2.3.1: the name it had; null: none. */
function storedName(octets: Buffer): string | null {
  const flags = octets[3] ?? 0;
  if ((flags & NAMED) === 0 || octets.length < 12) return null;
  const start = 10 + ((flags & EXTRA) === 0 ? 0 : 2 + octets.readUInt16LE(10));
  const end = octets.indexOf(0, start);
  return end < 0 || end - start > MAX_NAME ? null : octets.toString('latin1', start, end);
}
