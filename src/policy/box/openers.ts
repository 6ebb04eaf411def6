/** Which opener reads which kind of file. */
import { type FileKind, treatmentOf } from '../../rules/file-kinds.ts';
import { openGzip } from './openers/gzip.ts';
import { openOle } from './openers/ole.ts';
import { openPdf } from './openers/pdf.ts';
import { openRtf } from './openers/rtf.ts';
import { isTar, openTar } from './openers/tar.ts';
import { readTextFile } from './openers/text-file.ts';
import { openTnef } from './openers/tnef.ts';
import { openZip } from './openers/zip.ts';
import { endOfList } from './openers/zip-structure.ts';
import type { Box, Opened, Opener } from './opening.ts';
import { scanRaw } from './raw-text.ts';

const OPENERS: Partial<Readonly<Record<FileKind, Opener>>> = {
  zip: openZip,
  gzip: openGzip,
  tar: openTar,
  pdf: openPdf,
  ole: openOle,
  rtf: openRtf,
  tnef: openTnef,
  ics: (octets, file, box) => readTextFile('ics', [octets], file, box),
  'office-xml': (octets, file, box) => readTextFile('html', [octets], file, box),
  webloc: (octets, file, box) => scanRaw([octets], file.part, box),
  eml: (octets: Buffer, file: Opened, box: Box) => box.message(octets, file),
};

/** Null: there is nothing in such a file. */
export function openerOf(kind: FileKind): Opener | null {
  return OPENERS[kind] ?? null;
}

const ZIP_MARKS = ['PK\x03\x04', 'PK\x05\x06', 'PK\x07\x08', 'PK00'];

/** A kind may be a name's alone. Whether a program that goes by the name would find what it looks for. */
export function reallyIs(kind: FileKind, octets: Buffer): boolean {
  switch (kind) {
    case 'zip':
      return ZIP_MARKS.includes(octets.toString('latin1', 0, 4)) || endOfList(octets) >= 0;
    case 'gzip':
      return octets.length > 2 && octets.readUInt16BE(0) === 0x1f8b;
    case 'tar':
      return isTar(octets);
    default:
      return true;
  }
}

/** ISO 9660 §8 and ECMA-167 2/9: behind 32 kB of anything. */
const IMAGE_MARKS = ['CD001', 'BEA01', 'NSR02', 'NSR03'];
const IMAGE_FROM = 32_768;
const IMAGE_TO = 65_536;

/** Whether it is one behind a beginning that is something else; archives that need theirs are none. */
export function isMarked(kind: FileKind, octets: Buffer): boolean {
  if (kind === 'disk-image')
    return IMAGE_MARKS.some((mark) => octets.subarray(IMAGE_FROM, IMAGE_TO).includes(mark));
  return treatmentOf(kind) !== 'never' && reallyIs(kind, octets);
}
