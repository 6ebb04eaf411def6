/** Rich text as Outlook packs it, wherever it is found. */
import type { Box, Opened } from '../opening.ts';
import { unpackRichText } from '../rich-text-packing.ts';
import { openRtf } from './rtf.ts';

/** Behind two lengths: MS-OXRTFCP §2.1.3.1. */
const MARK = Buffer.from('LZFu', 'latin1');
const MARK_AT = 8;

export async function openPackedText(octets: Buffer, file: Opened, box: Box): Promise<void> {
  const mark = octets.indexOf(MARK);
  if (mark < MARK_AT) return;
  const text = unpackRichText(octets.subarray(mark - MARK_AT), box.budget);
  if (text !== null) await openRtf(text, file, box);
}
