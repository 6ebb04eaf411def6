/**
 * winmail.dat (MS-OXTNEF): what Outlook puts its own form of a message into. Attachments are taken out with their short
 * names; all else (the text as packed rich text, long names, properties) is read raw.
 */
import { type Box, CannotOpen, type Opened } from '../opening.ts';
import { scanRaw } from '../raw-text.ts';
import { openPackedText } from './packed-text.ts';

const HEADER_BYTES = 6;
/** Level, identifier, length; behind the value a sum of two octets. */
const ATTRIBUTE_BYTES = 9;
const SUM_BYTES = 2;
const ATTACH_TITLE = 0x0001_8010;
const ATTACH_DATA = 0x0006_800f;
const ATTACH_RENDERING = 0x0006_9002;

export async function openTnef(octets: Buffer, file: Opened, box: Box): Promise<void> {
  let names: string[] = [];
  let data: Buffer | null = null;
  const finish = async (): Promise<void> => {
    const content = data;
    if (content !== null) await box.enter(file, { names }, [content]);
    data = null;
    names = [];
  };
  let at = HEADER_BYTES;
  while (at + ATTRIBUTE_BYTES <= octets.length) {
    box.budget.entry();
    const id = octets.readUInt32LE(at + 1);
    const start = at + ATTRIBUTE_BYTES;
    const end = start + octets.readUInt32LE(at + 5);
    const value = octets.subarray(start, end);
    if (end > octets.length) throw new CannotOpen('damaged: it ends too early');
    at = end + SUM_BYTES;
    if (id === ATTACH_RENDERING) await finish();
    else if (id === ATTACH_DATA) data = value;
    else if (id === ATTACH_TITLE) {
      const title = value.toString('latin1').split('\0', 1)[0] ?? '';
      names.push(title);
      box.name(file, title);
    } else {
      await scanRaw([value], file.part, box);
      await openPackedText(value, file, box);
    }
  }
  await finish();
}
