/** A file that was drawn into a document or a text, as Windows packs it: its size, a mark, its name, two paths, its octets. */
import type { Box, Opened } from '../opening.ts';
import { scanRaw } from '../raw-text.ts';

export async function openPackage(content: Buffer, file: Opened, box: Box): Promise<void> {
  const nameEnd = content.indexOf(0, 6);
  if (content.length < 8 || nameEnd < 0) return scanRaw([content], file.part, box);
  const name = content.toString('latin1', 6, nameEnd);
  const pathEnd = content.indexOf(0, nameEnd + 1);
  const path = content.toString('latin1', nameEnd + 1, Math.max(pathEnd, nameEnd + 1));
  // Behind the path: 4 octets, the length of the second path, that path, the length of the file, the file.
  const second = pathEnd + 1 + 4;
  if (pathEnd < 0 || second + 4 > content.length) return scanRaw([content], file.part, box);
  const lengthAt = second + 4 + content.readUInt32LE(second);
  const isWhole = lengthAt + 4 <= content.length;
  const octets = isWhole ? content.subarray(lengthAt + 4) : content;
  const copy = content.toString('latin1', second + 4, Math.min(lengthAt, content.length));
  const wide = isWhole ? wideNames(content, lengthAt + 4 + content.readUInt32LE(lengthAt)) : [];
  const names = [name, path, copy, ...wide].map((one) => one.replace(/\0.*$/s, ''));
  await box.enter(file, { names: names.filter((one) => one !== '') }, [octets]);
}

/** Behind the file stand the same in UTF-16, which go before the others where they are: copy, name, path. */
function wideNames(content: Buffer, from: number): string[] {
  const names: string[] = [];
  for (let at = from; names.length < 3 && at + 4 <= content.length; ) {
    const end = at + 4 + 2 * content.readUInt32LE(at);
    if (end > content.length) break;
    names.push(content.toString('utf16le', at + 4, end));
    at = end;
  }
  return names;
}
