/**
 * A ZIP archive's list of files, read by yauzl, and whether every reader would come to the same list: what lies behind the
 * list, files that overlap, files that the list does not have, headers in front of files that say something else.
 * Nothing is unpacked here. APPNOTE.TXT 6.3.10 is the format; its only reader besides `zip.ts`.
 */
import {
  fromBufferPromise,
  getFileNameLowLevel,
  type Entry as ListedEntry,
  type LocalFileHeader,
  type ZipFile,
} from 'yauzl';
import type { Budget } from '../budget.ts';
import { CannotOpen } from '../opening.ts';

export interface ZipEntry {
  readonly name: string;
  readonly encrypted: boolean;
  /** 0: stored. 8: deflated. */
  readonly method: number;
  readonly packed: Buffer;
  /** As the list has it. */
  readonly bytes: number;
}

export interface ZipStructure {
  readonly entries: readonly ZipEntry[];
  /** What two readers may take in two ways; null: nothing. */
  readonly fault: string | null;
  /** Files lie over each other: unpacking would cost far more than their size. */
  readonly overlaps: boolean;
}

const LOCAL_HEADER = Buffer.from('PK\x03\x04', 'latin1');
const LISTED = Buffer.from('PK\x01\x02', 'latin1');
const END = Buffer.from('PK\x05\x06', 'latin1');
const END_BYTES = 22;
/** The comment behind the end of the list, at most. */
const MAX_COMMENT = 65_535;

const ENCRYPTED = 0x0001;
/** Sizes follow the octets of the file, and are zero in front of them. */
const SIZES_BEHIND = 0x0008;
const SIZE_ELSEWHERE = 0xffff_ffff;
const AES = 99;

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where the list ends: the last place that can be its end; -1: this is no ZIP archive. */
export function endOfList(octets: Buffer): number {
  const first = Math.max(0, octets.length - END_BYTES - MAX_COMMENT);
  for (let at = octets.length - END_BYTES; at >= first; at--) {
    at = octets.lastIndexOf(END, at);
    if (at < first) return -1;
    if (at + END_BYTES + octets.readUInt16LE(at + 20) <= octets.length) return at;
  }
  return -1;
}

/** Throws CannotOpen when there is no list that could be read. */
export async function readStructure(whole: Buffer, budget: Budget): Promise<ZipStructure> {
  const octets = fromItsBeginning(whole);
  const inFront = whole.subarray(0, whole.length - octets.length);
  const end = endOfList(octets);
  if (end < 0) throw new CannotOpen('damaged: an archive without its list of files');
  const zip = await open(octets, end);
  // yauzl's types have a flag here; it is the offset at which the list begins.
  const listStart = Number(zip.readEntryCursor);
  const entries: ZipEntry[] = [];
  const faults: string[] = [];
  const spans: Span[] = [];
  for await (const listed of entriesOf(zip)) {
    budget.entry();
    const { entry, span, fault } = await locate(zip, listed, octets);
    if (fault !== null) faults.push(fault);
    entries.push(entry);
    spans.push(span);
  }
  spans.push({ start: listStart, end: Number(zip.readEntryCursor) });
  spans.push({ start: end, end: end + END_BYTES + octets.readUInt16LE(end + 20) });
  const overlaps = sortSpans(spans);
  if (overlaps) faults.unshift('files in it overlap');
  else if (begins(inFront) || hidesFiles(octets, spans))
    faults.unshift('files in it that its list does not have');
  const twice = repeated(entries);
  if (twice !== null) faults.push(`two files of one name: ${twice}`);
  return { entries, fault: faults[0] ?? null, overlaps };
}

/** Something may stand in front (a program that unpacks itself); places are then counted from behind it. */
function fromItsBeginning(octets: Buffer): Buffer {
  const end = endOfList(octets);
  if (end < 0) return octets;
  const bytes = octets.readUInt32LE(end + 12);
  const offset = octets.readUInt32LE(end + 16);
  const isAt = (place: number): boolean => place >= 0 && octets.subarray(place, place + 4).equals(LISTED);
  const shift = end - bytes - offset;
  return shift > 0 && !isAt(offset) && isAt(offset + shift) ? octets.subarray(shift) : octets;
}

async function open(octets: Buffer, end: number): Promise<ZipFile> {
  // What stands behind the comment is left out here, since yauzl insists on none; `hidesFiles` looks at it.
  const archive = octets.subarray(0, end + END_BYTES + octets.readUInt16LE(end + 20));
  try {
    return await fromBufferPromise(archive, { decodeStrings: false, validateEntrySizes: false });
  } catch {
    throw new CannotOpen('damaged: the list of files cannot be read');
  }
}

async function* entriesOf(zip: ZipFile): AsyncGenerator<ListedEntry> {
  const entries = zip.eachEntry();
  for (;;) {
    const next = await entries.next().catch((error: unknown) => {
      const strong = error instanceof Error && error.message.includes('strong encryption');
      throw strong
        ? new CannotOpen('under a password', 'encrypted-archive')
        : new CannotOpen('damaged: the list of files cannot be read');
    });
    if (next.done) return;
    yield next.value;
  }
}

async function locate(
  zip: ZipFile,
  listed: ListedEntry,
  octets: Buffer,
): Promise<{ entry: ZipEntry; span: Span; fault: string | null }> {
  const name = nameOf(listed);
  const header = await zip.readLocalFileHeaderPromise(listed).catch(() => {
    throw new CannotOpen(`damaged: ${name} is not where the list has it`);
  });
  const start = listed.relativeOffsetOfLocalHeader;
  const end = header.fileDataStart + listed.compressedSize;
  const { compressionMethod: method, generalPurposeBitFlag: flags } = listed;
  const entry: ZipEntry = {
    name,
    encrypted: (flags & ENCRYPTED) !== 0 || method === AES,
    method,
    packed: octets.subarray(header.fileDataStart, end),
    bytes: listed.uncompressedSize,
  };
  const differs = disagrees(listed, header) || hasTwoSizes(listed);
  const fault = differs ? `the list and the file disagree on ${name}` : null;
  return { entry, span: { start, end }, fault };
}

/** UTF-8 where the archive says so; the Unicode field of Info-ZIP where there is one; else the code page of DOS. */
function nameOf({ generalPurposeBitFlag, fileNameRaw, extraFields }: ListedEntry): string {
  return getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, false);
}

function disagrees(listed: ListedEntry, header: LocalFileHeader): boolean {
  const slashes = (name: Buffer): string => name.toString('latin1').replaceAll('\\', '/');
  const behind = (header.generalPurposeBitFlag & SIZES_BEHIND) !== 0;
  const differs = (here: number, there: number): boolean =>
    here !== there && here !== SIZE_ELSEWHERE && !(behind && here === 0);
  return (
    slashes(header.fileName) !== slashes(listed.fileNameRaw) ||
    header.compressionMethod !== listed.compressionMethod ||
    ((header.generalPurposeBitFlag ^ listed.generalPurposeBitFlag) & ENCRYPTED) !== 0 ||
    differs(header.compressedSize, listed.compressedSize) ||
    differs(header.uncompressedSize, listed.uncompressedSize)
  );
}

/** Stored as it is and yet of another size: some readers take the one, some the other. */
function hasTwoSizes({ compressionMethod, generalPurposeBitFlag, ...listed }: ListedEntry): boolean {
  const isStored = compressionMethod === 0 && (generalPurposeBitFlag & ENCRYPTED) === 0;
  return isStored && listed.compressedSize !== listed.uncompressedSize;
}

/** By their beginnings; whether two lie over each other. */
function sortSpans(spans: Span[]): boolean {
  spans.sort((a, b) => a.start - b.start || a.end - b.end);
  return spans.some((span, i) => span.start < (spans[i - 1]?.end ?? 0));
}

/** Gaps are common (descriptors, padding, what was deleted); one in which a file or a list begins is another archive. */
function hidesFiles(octets: Buffer, spans: readonly Span[]): boolean {
  let at = 0;
  for (const { start, end } of [...spans, { start: octets.length, end: octets.length }]) {
    if (begins(octets.subarray(at, start))) return true;
    at = end;
  }
  return false;
}

function begins(gap: Buffer): boolean {
  return [LOCAL_HEADER, LISTED, END].some((mark) => gap.includes(mark));
}

function repeated(entries: readonly ZipEntry[]): string | null {
  const seen = new Set<string>();
  for (const { name } of entries) {
    if (seen.has(name) && !name.endsWith('/')) return name;
    seen.add(name);
  }
  return null;
}
