/**
 * Rich text: what Word would show or follow, its fields (HYPERLINK "…") among it, and the files that are drawn into it.
 */
import { slicesOf } from '../inflate.ts';
import type { Box, Opened } from '../opening.ts';
import { createRtfReader } from '../rtf-reader.ts';
import { openPackage } from './package.ts';

/** Class name of a file that was drawn into a text, and what follows it: two empty names. */
const PACKAGE = Buffer.from('Package\0', 'latin1');
const PACKAGE_WITHIN = 64;
const EMPTY_NAMES_BYTES = 8;
const COMPOUND_FILE = Buffer.from('d0cf11e0a1b11ae1', 'hex');

export async function openRtf(octets: Buffer, file: Opened, box: Box): Promise<void> {
  const finder = box.finder('text', file.part);
  const objects: Buffer[] = [];
  let digits: string[] = [];
  const endObject = (): void => {
    if (digits.length > 0) objects.push(Buffer.from(digits.join(''), 'hex'));
    digits = [];
  };
  const read = createRtfReader({
    text: (text) => finder.write(text),
    object: (some) => void digits.push(some),
    objectEnd: endObject,
  });
  for (const slice of slicesOf(octets)) read(slice.toString('latin1'));
  read('');
  endObject();
  finder.end();
  for (const object of objects) await openObject(object, file, box);
}

/** An object is a compound file or a package behind a header of its own (MS-OLEDS §2.2.5); it is found by its mark. */
async function openObject(object: Buffer, file: Opened, box: Box): Promise<void> {
  box.budget.entry();
  box.budget.output(object.length);
  const named = object.subarray(0, PACKAGE_WITHIN).indexOf(PACKAGE);
  if (named >= 0) return openPackage(object.subarray(named + PACKAGE.length + EMPTY_NAMES_BYTES), file, box);
  const mark = object.indexOf(COMPOUND_FILE);
  await box.enter(file, { names: ['object'] }, [mark >= 0 ? object.subarray(mark) : object]);
}
