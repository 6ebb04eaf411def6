/**
 * Rich text: what Word would show or follow, its fields (HYPERLINK "…") among it, and the files that are drawn into it.
 */
import { slicesOf } from '../inflate.ts';
import { type Box, CannotOpen, type Opened } from '../opening.ts';
import { createRtfReader } from '../rtf-reader.ts';
import { openPackage } from './package.ts';

/** Class name of a file that was drawn into a text, and what follows it: two empty names. */
const PACKAGE = Buffer.from('Package\0', 'latin1');
const PACKAGE_WITHIN = 64;
const EMPTY_NAMES_BYTES = 8;
const COMPOUND_FILE = Buffer.from('d0cf11e0a1b11ae1', 'hex');

export async function openRtf(octets: Buffer, file: Opened, box: Box): Promise<void> {
  const finder = box.finder('text', file.part);
  const asides = box.finder('text', file.part);
  const objects: Buffer[] = [];
  let digits: string[] = [];
  const endObject = (): void => {
    if (digits.length > 0) objects.push(Buffer.from(digits.join(''), 'hex'));
    digits = [];
  };
  const read = createRtfReader({
    text: (text) => finder.write(text),
    aside: (text) => asides.write(text),
    object: (some) => void digits.push(some),
    objectEnd: endObject,
  });
  for (const slice of slicesOf(octets)) read(slice.toString('latin1'));
  read('');
  endObject();
  finder.end();
  asides.end();
  for (const object of objects) {
    // Digits that are put among those of an object have it read as another one.
    if (!isObject(object)) throw new CannotOpen('an object in it cannot be read');
    await openObject(object, file, box);
  }
  for (const object of binariesOf(octets)) await openObject(object, file, box);
}

const BINARY = Buffer.from('\\bin', 'latin1');

/** Octets as they are may stand for digits: `\bin`, how many, a space. What a reader makes of one in a text differs. */
function* binariesOf(octets: Buffer): Generator<Buffer> {
  for (let at = octets.indexOf(BINARY); at >= 0; at = octets.indexOf(BINARY, at + 1)) {
    const mark = /^\\bin(\d{1,10}) ?/.exec(octets.toString('latin1', at, at + 16));
    if (!mark) continue;
    const start = at + mark[0].length;
    yield octets.subarray(start, start + Number(mark[1]));
  }
}

const MAX_CLASS_NAME = 256;

/** MS-OLEDS §2.2.4: a version, what it is, the length of a name; a compound file may stand in its place. */
function isObject(object: Buffer): boolean {
  if (object.length < 12 || object.indexOf(COMPOUND_FILE) >= 0) return true;
  return object.readUInt32LE(4) <= 5 && object.readUInt32LE(8) <= MAX_CLASS_NAME;
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
