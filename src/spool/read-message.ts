/**
 * Reads the content of a message back and checks it. A small one is read whole and checked before an octet is handed
 * out; a large one is checked as it goes, and its stream ends with an error instead of its end when it is wrong.
 */
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import type { Files } from '../lib/durable-file.ts';
import type { Place } from './message-index.ts';
import { END, HEAD_BYTES } from './record.ts';
import type { ContentPlace } from './spool.ts';

const CHUNK_BYTES = 128 * 1024;

/** The octets of the disk are not those that were written. */
export class DamagedMessage extends Error {
  override name = 'DamagedMessage';
}

export function contentPlace({ container, offset, envelopeBytes, bodyBytes, bodyCrc }: Place): ContentPlace {
  const before = container.form === 'segment' ? offset + HEAD_BYTES + envelopeBytes : 0;
  return { path: container.path, offset: before, bytes: bodyBytes, crc: bodyCrc };
}

export async function readBody(files: Files, place: ContentPlace): Promise<Buffer> {
  const file = await files.openForReading(place.path);
  try {
    const body = await file.read(place.bytes, place.offset);
    if (body.length !== place.bytes || crc32(body) !== place.crc) throw damaged(place);
    return body;
  } finally {
    await file.close();
  }
}

/** The octets of a whole record of a segment, whatever they are. */
export async function readRecord(files: Files, place: Place): Promise<Buffer> {
  const file = await files.openForReading(place.container.path);
  try {
    const bytes = HEAD_BYTES + place.envelopeBytes + place.bodyBytes + END.length;
    return await file.read(bytes, place.offset);
  } finally {
    await file.close();
  }
}

/** `onDamage` is called before the stream ends with its error. */
export function streamBody(files: Files, place: ContentPlace, onDamage: () => Promise<void>): Readable {
  return Readable.from(chunksOf(files, place, onDamage), { objectMode: false, highWaterMark: CHUNK_BYTES });
}

/** The file is opened by the first read, so a stream that nobody reads holds no descriptor. */
async function* chunksOf(
  files: Files,
  place: ContentPlace,
  onDamage: () => Promise<void>,
): AsyncGenerator<Buffer> {
  const file = await files.openForReading(place.path);
  try {
    let crc = 0;
    for (let read = 0; read < place.bytes; ) {
      const chunk = await file.read(Math.min(CHUNK_BYTES, place.bytes - read), place.offset + read);
      if (chunk.length === 0) break;
      crc = crc32(chunk, crc);
      read += chunk.length;
      // The last octets wait for the check, so nobody can take a damaged body for a whole one.
      if (read === place.bytes && crc === place.crc) return yield chunk;
      if (read < place.bytes) yield chunk;
    }
    if (place.bytes === 0) return;
    await onDamage();
    throw damaged(place);
  } finally {
    await file.close();
  }
}

function damaged({ path, offset }: ContentPlace): DamagedMessage {
  return new DamagedMessage(`${path} at ${offset}: the content does not match its checksum`);
}
