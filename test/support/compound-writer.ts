/** Writes compound files (MS-CFB, version 3): streams in the root or in one storage each, short ones in the small sectors. */

export interface CompoundEntry {
  readonly name: string;
  readonly data: Buffer | string;
  /** Name of the storage around it. */
  readonly storage?: string;
}

const SECTOR = 512;
const SMALL = 64;
const END = 0xffff_fffe;
const FREE = 0xffff_ffff;

export function compound(entries: readonly CompoundEntry[]): Buffer {
  const sectors: Buffer[] = [Buffer.alloc(SECTOR)];
  const table: number[] = [0xffff_fffd];
  const put = (octets: Buffer): number => {
    const first = sectors.length;
    const count = Math.ceil(octets.length / SECTOR);
    for (let i = 0; i < count; i++) {
      const sector = Buffer.alloc(SECTOR);
      octets.copy(sector, 0, i * SECTOR, (i + 1) * SECTOR);
      sectors.push(sector);
      table.push(i + 1 < count ? first + i + 1 : END);
    }
    return count === 0 ? END : first;
  };
  const small: Buffer[] = [];
  const smallTable: number[] = [];
  const putSmall = (octets: Buffer): number => {
    const first = small.length;
    const count = Math.ceil(octets.length / SMALL);
    for (let i = 0; i < count; i++) {
      const sector = Buffer.alloc(SMALL);
      octets.copy(sector, 0, i * SMALL, (i + 1) * SMALL);
      small.push(sector);
      smallTable.push(i + 1 < count ? first + i + 1 : END);
    }
    return first;
  };

  const storages = [...new Set(entries.map(({ storage }) => storage).filter((one) => one !== undefined))];
  const storageAt = (name: string | undefined): number =>
    name === undefined ? 0 : 1 + storages.indexOf(name);
  const all = [...entries.entries()].map(([i, { name, data, storage }]) => {
    const octets = Buffer.from(data);
    const start = octets.length < 4_096 ? putSmall(octets) : put(octets);
    return {
      name,
      type: 2,
      start,
      bytes: octets.length,
      parent: storageAt(storage),
      at: 1 + storages.length + i,
    };
  });
  const smallStream = Buffer.concat(small);
  const smallStart = put(smallStream);
  const nodes = [
    { name: 'Root Entry', type: 5, start: smallStart, bytes: smallStream.length, parent: -1, at: 0 },
    ...storages.map((name, i) => ({ name: name ?? '', type: 1, start: 0, bytes: 0, parent: 0, at: 1 + i })),
    ...all,
  ];
  const directory = Buffer.concat(
    nodes.map(({ name, type, start, bytes, parent, at }) => {
      const entry = Buffer.alloc(128);
      entry.write(name, 0, 62, 'utf16le');
      entry.writeUInt16LE(name.length * 2 + 2, 64);
      entry[66] = type;
      // A tree that leans to the right: each points at the next of its storage.
      const next = nodes.find((other) => other.parent === parent && other.at > at)?.at ?? FREE;
      entry.writeUInt32LE(FREE, 68);
      entry.writeUInt32LE(parent < 0 ? FREE : next, 72);
      entry.writeUInt32LE(nodes.find((other) => other.parent === at)?.at ?? FREE, 76);
      entry.writeUInt32LE(start, 116);
      entry.writeUInt32LE(bytes, 120);
      return entry;
    }),
  );
  const directoryStart = put(directory);
  const smallTableStart = put(numbers(smallTable));
  sectors[0] = numbers([...table, ...new Array<number>(SECTOR / 4 - table.length).fill(FREE)]);
  const header = Buffer.alloc(SECTOR);
  header.write('d0cf11e0a1b11ae1', 0, 'hex');
  header.writeUInt16LE(3, 26);
  header.writeUInt16LE(0xfffe, 28);
  header.writeUInt16LE(9, 30);
  header.writeUInt16LE(6, 32);
  header.writeUInt32LE(directoryStart, 48);
  header.writeUInt32LE(4_096, 56);
  header.writeUInt32LE(smallTableStart, 60);
  header.writeUInt32LE(END, 68);
  header.fill(0xff, 76);
  header.writeUInt32LE(0, 76);
  return Buffer.concat([header, ...sectors]);
}

function numbers(values: readonly number[]): Buffer {
  const octets = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) octets.writeUInt32LE(value, i * 4);
  return octets;
}
