/**
 * Old Office documents (doc, xls, ppt), Outlook's messages (msg), and documents under a password: compound files. Their
 * formats are not read; links are found in the raw text of each stream. Files in them that a reader can save or start
 * (attachments of a message, packages in a document) are taken out.
 */
import { type CompoundStream, readCompoundFile } from '../compound-file.ts';
import { type Box, CannotOpen, type Opened } from '../opening.ts';
import { scanMarkup, scanRaw } from '../raw-text.ts';
import { openPackage } from './package.ts';
import { openPackedText } from './packed-text.ts';

/** MS-OXMSG §2.1: streams of properties; the data of an attachment and its names. */
const ATTACHED_DATA = /^__substg1\.0_3701(0102)$/i;
const ATTACHED_NAME = /^__substg1\.0_(3707|3704)001[ef]$/i;
const PACKAGE = '\x01Ole10Native';
const MAX_NAME = 2_048;

export async function openOle(octets: Buffer, file: Opened, box: Box): Promise<void> {
  const streams = readCompoundFile(octets);
  if (streams === null || streams.length === 0) return scanRaw([octets], file.part, box);
  if (isEncrypted(streams)) throw new CannotOpen('under a password', 'encrypted-archive');
  for (const stream of streams) {
    box.budget.entry();
    const content = stream.read();
    // Streams may be larger than the file when their chains share sectors.
    box.budget.output(content.length);
    if (ATTACHED_DATA.test(stream.name)) {
      await box.enter(file, { names: namesOf(stream, streams) }, [content]);
    } else if (stream.name === PACKAGE) {
      await openPackage(content, file, box);
    } else {
      await scanRaw([content], file.part, box);
      await scanMarkup(content, file.part, box);
      await openPackedText(content, file, box);
    }
  }
}

function isEncrypted(streams: readonly CompoundStream[]): boolean {
  const named = (name: string): CompoundStream | undefined =>
    streams.find((stream) => stream.name.toLowerCase() === name);
  // MS-OFFCRYPTO §2.3.4.4: docx, xlsx, pptx under a password.
  if (named('encryptedpackage') || named('encryptedsummary')) return true;
  const word = named('worddocument')?.read();
  // MS-DOC §2.5.2, fEncrypted.
  if (word && word.length > 12 && (word.readUInt16LE(10) & 0x0100) !== 0) return true;
  const workbook = (named('workbook') ?? named('book'))?.read();
  return workbook !== undefined && hasFilePass(workbook);
}

/** MS-XLS §2.4.117: a record among the first of the workbook. */
function hasFilePass(workbook: Buffer): boolean {
  let at = 0;
  for (let i = 0; i < 20 && at + 4 <= workbook.length; i++) {
    if (workbook.readUInt16LE(at) === 0x002f) return true;
    at += 4 + workbook.readUInt16LE(at + 2);
  }
  return false;
}

function namesOf(data: CompoundStream, streams: readonly CompoundStream[]): string[] {
  return streams
    .filter(
      ({ name, storage, bytes }) => storage === data.storage && bytes <= MAX_NAME && ATTACHED_NAME.test(name),
    )
    .sort((a, b) => b.name.localeCompare(a.name))
    .map((stream) =>
      stream
        .read()
        .toString(/f$/i.test(stream.name) ? 'utf16le' : 'latin1')
        .replace(/\0+$/, ''),
    );
}
