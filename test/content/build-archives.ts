/** Archives in octets: zip with whatever flags and names, gzip, tar, and the first octets of kinds that nobody opens. */
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';

export interface ZipEntry {
  readonly name: string;
  readonly content: Buffer | string;
  readonly stored?: boolean;
  /** The bit of the header that says so; the content is not encrypted really. */
  readonly encrypted?: boolean;
  /** What the directory at the end says instead of the name above the content. */
  readonly listedAs?: string;
  /** The uncompressed size that the header claims. */
  readonly claims?: number;
}

/** PKWARE APPNOTE 4.3. */
export function zip(entries: readonly ZipEntry[], comment = ''): Buffer {
  const pieces: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const content = Buffer.from(entry.content);
    const packed = entry.stored ? content : deflateRawSync(content);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE((entry.encrypted ? 1 : 0) | 0x800, 2);
    common.writeUInt16LE(entry.stored ? 0 : 8, 4);
    common.writeUInt16LE(0x4d2a, 6);
    common.writeUInt16LE(0x5b78, 8);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(entry.claims ?? content.length, 18);
    const name = Buffer.from(entry.name);
    const listed = Buffer.from(entry.listedAs ?? entry.name);
    common.writeUInt16LE(name.length, 22);
    pieces.push(Buffer.from('PK\x03\x04', 'latin1'), Buffer.from(common), name, packed);
    common.writeUInt16LE(listed.length, 22);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x03', 'latin1'), common, tail, listed);
    offset += 4 + 26 + name.length + packed.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(offset, 12);
  end.writeUInt16LE(Buffer.byteLength(comment), 16);
  return Buffer.concat([...pieces, central, Buffer.from('PK\x05\x06', 'latin1'), end, Buffer.from(comment)]);
}

/** One file within so many archives. */
export function nestedZip(depth: number, name: string, content: Buffer | string): Buffer {
  let inner = zip([{ name, content }]);
  for (let level = 1; level < depth; level++) inner = zip([{ name: `tahap${level}.zip`, content: inner }]);
  return inner;
}

export const gzip = (content: Buffer | string): Buffer => gzipSync(content);

/** POSIX.1-1988 ustar. */
export function tar(
  entries: readonly { readonly name: string; readonly content: Buffer | string }[],
): Buffer {
  const blocks = entries.flatMap(({ name, content }) => {
    const octets = Buffer.from(content);
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write('0000644\x00000000000\x00000000000\x00', 100);
    header.write(`${octets.length.toString(8).padStart(11, '0')}\x00`, 124);
    header.write('14717762000\x00', 136);
    header.write('        0', 148);
    header.write('ustar\x0000', 257);
    const sum = header.reduce((total, octet) => total + octet, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\x00 `, 148);
    return [header, octets, Buffer.alloc((512 - (octets.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

const filled = (start: string): Buffer =>
  Buffer.concat([Buffer.from(start, 'latin1'), Buffer.from('isi yang tidak terbaca '.repeat(20))]);

export const SEVEN_ZIP = filled("7z\xbc\xaf'\x1c\x00\x04");
export const RAR = filled('Rar!\x1a\x07\x01\x00');
export const CABINET = filled('MSCF\x00\x00\x00\x00');
export const ISO_IMAGE = Buffer.concat([
  Buffer.alloc(0x8001),
  Buffer.from('CD001\x01\x00'),
  Buffer.alloc(4096),
]);
