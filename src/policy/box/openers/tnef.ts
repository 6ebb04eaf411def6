/**
 * winmail.dat (MS-OXTNEF): what Outlook puts its own form of a message into. Attachments are taken out with all their names;
 * all else (the text as packed rich text or as markup, properties) is read raw.
 */
import { type Box, CannotOpen, type Opened } from '../opening.ts';
import { scanMarkup, scanRaw } from '../raw-text.ts';
import { openPackedText } from './packed-text.ts';

const HEADER_BYTES = 6;
/** Level, identifier, length; behind the value a sum of two octets. */
const ATTRIBUTE_BYTES = 9;
const SUM_BYTES = 2;
const ATTACH_TITLE = 0x0001_8010;
const ATTACH_DATA = 0x0006_800f;
const ATTACH_RENDERING = 0x0006_9002;
const ATTACH_PROPERTIES = 0x0006_9005;

interface Attached {
  names: string[];
  data: Buffer[];
}

export async function openTnef(octets: Buffer, file: Opened, box: Box): Promise<void> {
  let attached: Attached = { names: [], data: [] };
  const finish = async (): Promise<void> => {
    const { names, data } = attached;
    attached = { names: [], data: [] };
    for (const content of data) await box.enter(file, { names }, [content]);
    if (data.length === 0) for (const name of names) box.name(file, name);
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
    else if (id === ATTACH_DATA) attached.data.push(value);
    else if (id === ATTACH_TITLE) attached.names.push(value.toString('latin1').split('\0', 1)[0] ?? '');
    else {
      if (id === ATTACH_PROPERTIES) addProperties(value, attached, box);
      await scanRaw([value], file.part, box);
      await scanMarkup(value, file.part, box);
      await openPackedText(value, file, box);
    }
  }
  await finish();
}

/** MS-OXCMSG §2.2.2.7, .10, .11: the names of an attachment and its octets, by type and number of the property. */
const NAMES = [
  { tag: Buffer.from('1f000737', 'hex'), encoding: 'utf16le' },
  { tag: Buffer.from('1e000737', 'hex'), encoding: 'latin1' },
  { tag: Buffer.from('1f000437', 'hex'), encoding: 'utf16le' },
  { tag: Buffer.from('1e000437', 'hex'), encoding: 'latin1' },
] as const;
const DATA = Buffer.from('02010137', 'hex');
/** A message or an object: its kind stands in front. */
const OBJECT = Buffer.from('0d000137', 'hex');
const OBJECT_KIND_BYTES = 16;

function addProperties(properties: Buffer, { names, data }: Attached, box: Box): void {
  for (const { tag, encoding } of NAMES) {
    for (const value of valuesOf(properties, tag, box))
      names.push(value.toString(encoding).replace(/\0.*$/s, ''));
  }
  data.push(...valuesOf(properties, DATA, box));
  for (const value of valuesOf(properties, OBJECT, box)) data.push(value.subarray(OBJECT_KIND_BYTES));
}

/** They are found by their tags, at multiples of four octets; behind a tag stand 1, a length and the value. */
function* valuesOf(properties: Buffer, tag: Buffer, box: Box): Generator<Buffer> {
  for (let at = properties.indexOf(tag); at >= 0; at = properties.indexOf(tag, at + 4)) {
    const start = at + 12;
    if (at % 4 !== 0 || start > properties.length || properties.readUInt32LE(at + 4) !== 1) continue;
    box.budget.entry();
    const value = properties.subarray(start, start + properties.readUInt32LE(at + 8));
    // Values may lie over each other.
    box.budget.output(value.length);
    yield value;
  }
}
