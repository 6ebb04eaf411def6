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
  const octets = lengthAt + 4 <= content.length ? content.subarray(lengthAt + 4) : content;
  const names = [name, path].filter((one) => one !== '');
  await box.enter(file, { names }, [octets]);
}
