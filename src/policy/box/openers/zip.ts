/**
 * ZIP archives, and what is one: documents of Office and OpenDocument, EPUB. The structure is read first
 * (`zip-structure.ts`): where it is one of two readings, that is said, and what the list has is looked into all the same,
 * unless unpacking it is the attack.
 */
import { kindOf, treatmentOf } from '../../../rules/file-kinds.ts';
import { gather, inflate } from '../inflate.ts';
import { type Box, CannotOpen, type Octets, type Opened } from '../opening.ts';
import { peek } from '../peek.ts';
import { called, inside } from '../place.ts';
import { scanRaw } from '../raw-text.ts';
import { beginsAsMarkup } from '../text.ts';
import {
  isEncryptedOpenDocument,
  officePartOf,
  readRelationships,
  readShownText,
  readUnseen,
} from './office.ts';
import { readStructure, type ZipEntry } from './zip-structure.ts';

const STORED = 0;
const DEFLATED = 8;

export async function openZip(octets: Buffer, file: Opened, box: Box): Promise<void> {
  const { entries, fault, overlaps } = await readStructure(octets, box.budget);
  const name = called(file.names, file.part);
  if (fault !== null)
    box.report({ reason: 'unopened-archive', detail: `${name}: ${fault}`, part: file.part });
  const isDocument = looksLikeDocument(entries, file);
  for (const entry of entries) {
    if (entry.name.endsWith('/') && entry.packed.length === 0) continue;
    const part = inside(file.part, entry.name);
    const opened = overlaps ? null : unpack(entry, box);
    if (opened === null) {
      box.name(file, entry.name);
      if (!overlaps) reportLocked(entry, name, part, box);
    } else {
      await readEntry(entry, opened, isDocument, file, box).catch((error: unknown) => {
        // One file that is damaged does not hide the others.
        if (!(error instanceof CannotOpen)) throw error;
        box.report({ reason: error.reason, detail: `${name}: ${error.message}`, part });
      });
    }
  }
}

/** By what is in it, unless its name has it opened as an archive: then every file in it is one that somebody can take out. */
function looksLikeDocument(entries: readonly ZipEntry[], file: Opened): boolean {
  if (file.names.some((name) => /\.(zipx?|jar|kmz)\s*$/i.test(name))) return false;
  return entries.some(({ name }) => /^(\[content_types\]\.xml|content\.xml)$/i.test(name));
}

/** Null: it cannot be unpacked. */
function unpack(entry: ZipEntry, box: Box): Octets | null {
  if (entry.encrypted) return null;
  // Some programs call an empty file deflated.
  if (entry.packed.length === 0 && entry.bytes === 0) return [];
  if (entry.method === STORED) return [entry.packed];
  return entry.method === DEFLATED ? checked(entry, inflate(entry.packed, 'raw', box.budget)) : null;
}

/** A size that is too small has some readers cut the file short. */
async function* checked(entry: ZipEntry, octets: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const piece of octets) {
    bytes += piece.length;
    yield piece;
  }
  if (bytes !== entry.bytes) throw new CannotOpen(`${entry.name} has another size than the list says`);
}

function reportLocked(entry: ZipEntry, archive: string, part: string, box: Box): void {
  const name = called([entry.name], part);
  if (entry.encrypted) {
    box.report({ reason: 'encrypted-archive', detail: `${archive}: ${name} is under a password`, part });
  } else {
    const detail = `${archive}: ${name} is packed in a way that is not opened (${entry.method})`;
    box.report({ reason: 'unopened-archive', detail, part });
  }
}

async function readEntry(
  entry: ZipEntry,
  octets: Octets,
  isDocument: boolean,
  file: Opened,
  box: Box,
): Promise<void> {
  const part = inside(file.part, entry.name);
  if (entry.name === 'META-INF/manifest.xml' && isDocument) {
    if (await isEncryptedOpenDocument(octets)) throw new CannotOpen('under a password', 'encrypted-archive');
    return;
  }
  const enter = (all: Octets): Promise<void> => box.enter(file, { names: [entry.name] }, all);
  if (!isDocument) return enter(octets);
  const kind = officePartOf(entry.name);
  if (kind === 'file') {
    const { start, all } = await peek(octets);
    // Lists of parts and types say what a part is, whatever its name.
    if (!beginsAsMarkup(start)) return enter(all);
    const whole = await gather(all);
    await enter([whole]);
    return readShownText([whole], part, box);
  }
  if (kind === 'binary') {
    const whole = await gather(octets);
    await enter([whole]);
    return scanRaw([whole], part, box);
  }
  const { start, all } = await peek(octets);
  const is = kindOf(start, [], '');
  const treatment = treatmentOf(is);
  // The markup of a document is what is read here; anything else goes by another name.
  if (is !== 'office-xml' && treatment !== 'text' && treatment !== 'nothing') return enter(all);
  if (kind === 'relationships') return readRelationships(all, entry.name, part, box);
  return kind === 'text' ? readShownText(all, part, box) : readUnseen(all, part, box);
}
