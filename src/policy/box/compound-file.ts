/**
 * The container of old Office documents and of Outlook's messages (MS-CFB): a small file system. Reads the list of its
 * streams and the octets of each, in bounds: a chain of sectors that loops or leaves the file ends there.
 */

export interface CompoundStream {
  readonly name: string;
  /** Position of the storage that holds it among all; streams of one storage have the same. */
  readonly storage: number;
  readonly bytes: number;
  read(): Buffer;
}

const HEADER_BYTES = 512;
const ENTRY_BYTES = 128;
/** Sector numbers from here on are marks: free, end of chain … */
const MARKS = 0xffff_fffa;
/** Streams below so many octets lie in the small sectors. */
const SMALL = 4_096;
const SMALL_SECTOR = 64;
const MAX_STREAMS = 10_000;

/** Null: this is none, or nothing of it can be read. */
export function readCompoundFile(octets: Buffer): CompoundStream[] | null {
  if (octets.length < HEADER_BYTES) return null;
  const shift = octets.readUInt16LE(30);
  if (shift !== 9 && shift !== 12) return null;
  const size = 1 << shift;
  const sector = (number: number): Buffer => octets.subarray((number + 1) * size, (number + 2) * size);
  const table = readTable(octets, sector, size);
  const chain = (start: number, limit: number): Buffer => follow(start, table, sector, limit);
  const directory = chain(octets.readUInt32LE(48), MAX_STREAMS * ENTRY_BYTES);
  const smallTable = toNumbers(chain(octets.readUInt32LE(60), octets.length));
  const entries = readDirectory(directory);
  const [root] = entries;
  if (!root) return null;
  const smallStream = chain(root.start, root.bytes);
  const small = (number: number): Buffer =>
    smallStream.subarray(number * SMALL_SECTOR, (number + 1) * SMALL_SECTOR);
  const storages = storageOfEach(entries);
  return entries.flatMap((entry, i) =>
    entry.kind !== 'stream'
      ? []
      : {
          name: entry.name,
          storage: storages[i] ?? 0,
          bytes: entry.bytes,
          read: () =>
            entry.bytes < SMALL
              ? follow(entry.start, smallTable, small, entry.bytes)
              : chain(entry.start, entry.bytes),
        },
  );
}

/** Which sector follows which: the table itself lies in sectors that the header lists, and a chain behind it. */
function readTable(octets: Buffer, sector: (number: number) => Buffer, size: number): number[] {
  const list: number[] = toNumbers(octets.subarray(76, HEADER_BYTES));
  let next = octets.readUInt32LE(68);
  for (let i = octets.length / size; i > 0 && next < MARKS; i--) {
    const numbers = toNumbers(sector(next));
    next = numbers.pop() ?? MARKS;
    list.push(...numbers);
  }
  const sectors = new Set(list.filter((number) => number < MARKS));
  return [...sectors].flatMap((number) => toNumbers(sector(number)));
}

/** `limit`: octets. Each sector once. */
function follow(
  start: number,
  table: readonly number[],
  sector: (number: number) => Buffer,
  limit: number,
): Buffer {
  const pieces: Buffer[] = [];
  const seen = new Set<number>();
  let bytes = 0;
  for (let at = start; at < MARKS && bytes < limit && !seen.has(at); at = table[at] ?? MARKS) {
    seen.add(at);
    const piece = sector(at);
    if (piece.length === 0) break;
    pieces.push(piece);
    bytes += piece.length;
  }
  return Buffer.concat(pieces).subarray(0, limit);
}

interface DirectoryEntry {
  readonly name: string;
  readonly kind: 'stream' | 'storage' | 'unused';
  readonly start: number;
  readonly bytes: number;
  /** Two neighbours in the tree of the same storage, and the top of the tree of what it holds itself. */
  readonly left: number;
  readonly right: number;
  readonly child: number;
}

function readDirectory(directory: Buffer): DirectoryEntry[] {
  const entries: DirectoryEntry[] = [];
  for (let at = 0; at + ENTRY_BYTES <= directory.length; at += ENTRY_BYTES) {
    const nameBytes = Math.min(Math.max(directory.readUInt16LE(at + 64) - 2, 0), 62);
    const type = directory[at + 66];
    entries.push({
      name: directory.toString('utf16le', at, at + nameBytes),
      kind: type === 2 ? 'stream' : type === 1 || type === 5 ? 'storage' : 'unused',
      left: directory.readUInt32LE(at + 68),
      right: directory.readUInt32LE(at + 72),
      child: directory.readUInt32LE(at + 76),
      start: directory.readUInt32LE(at + 116),
      bytes: directory.readUInt32LE(at + 120),
    });
  }
  return entries;
}

function storageOfEach(entries: readonly DirectoryEntry[]): number[] {
  const storages: number[] = [];
  entries.forEach((entry, storage) => {
    if (entry.kind !== 'storage') return;
    const waiting = [entry.child];
    const seen = new Set<number>();
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      const member = entries[at];
      if (!member || seen.has(at) || storages[at] !== undefined) continue;
      seen.add(at);
      storages[at] = storage;
      waiting.push(member.left, member.right);
    }
  });
  return storages;
}

function toNumbers(octets: Buffer): number[] {
  const numbers: number[] = [];
  for (let at = 0; at + 4 <= octets.length; at += 4) numbers.push(octets.readUInt32LE(at));
  return numbers;
}
