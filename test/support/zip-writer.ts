/** Writes ZIP archives, sound ones and, by the options of their entries, such as no program would write. */
import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipFile {
  readonly name: string;
  readonly data: Buffer | string;
  readonly stored?: boolean;
  /** In front of the file and in the list; bit 0: under a password. */
  readonly flags?: number;
  readonly method?: number;
  /** What the header in front of the file says instead. */
  readonly localName?: string;
  /** The size that is stated. */
  readonly bytes?: number;
  /** Not in the list. */
  readonly hidden?: boolean;
  /** The list points at the octets of that file. */
  readonly sameAs?: number;
}

export function zip(
  files: readonly ZipFile[],
  { prefix = '', comment = '', trailing = '' }: { prefix?: string; comment?: string; trailing?: string } = {},
): Buffer {
  const pieces: Buffer[] = [Buffer.from(prefix, 'latin1')];
  const offsets: number[] = [];
  const list: Buffer[] = [];
  let at = prefix.length;
  for (const [i, file] of files.entries()) {
    const data = Buffer.from(file.data);
    const packed = file.stored ? data : deflateRawSync(data);
    const offset = file.sameAs === undefined ? at : (offsets[file.sameAs] ?? 0);
    offsets[i] = offset;
    if (file.sameAs === undefined) {
      const local = Buffer.concat([
        header(file, data, packed, null),
        Buffer.from(file.localName ?? file.name),
        packed,
      ]);
      pieces.push(local);
      at += local.length;
    }
    if (!file.hidden) list.push(Buffer.concat([header(file, data, packed, offset), Buffer.from(file.name)]));
  }
  const directory = Buffer.concat(list);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(list.length, 8);
  end.writeUInt16LE(list.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...pieces, directory, end, Buffer.from(comment + trailing, 'latin1')]);
}

/** `offset` null: the one in front of the file. */
function header(file: ZipFile, data: Buffer, packed: Buffer, offset: number | null): Buffer {
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(file.flags ?? 0x0800, 2);
  common.writeUInt16LE(file.method ?? (file.stored ? 0 : 8), 4);
  common.writeUInt32LE(crc32(data), 10);
  common.writeUInt32LE(packed.length, 14);
  common.writeUInt32LE(file.bytes ?? data.length, 18);
  const name = offset === null ? (file.localName ?? file.name) : file.name;
  common.writeUInt16LE(Buffer.byteLength(name), 22);
  if (offset === null) return Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common]);
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(offset, 10);
  return Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, rest]);
}
