/**
 * Reads the body of a message back and checks it. A small one is read whole and checked before an octet is handed
 * out; a large one is checked as it goes, and its stream ends with an error instead of its end when it is wrong.
 */
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import type { Files } from '../lib/durable-file.ts';
import type { Place } from './message-index.ts';
import { END, HEAD_BYTES } from './record.ts';

const CHUNK_BYTES = 128 * 1024;

/** The octets of the disk are not those that were written. */
export class DamagedMessage extends Error {
  override name = 'DamagedMessage';
}

export async function readBody(files: Files, place: Place): Promise<Buffer> {
  const file = await files.openForReading(place.container.path);
  try {
    const body = await file.read(place.bodyBytes, bodyOffset(place));
    if (body.length !== place.bodyBytes || crc32(body) !== place.bodyCrc) throw damaged(place);
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
export function streamBody(files: Files, place: Place, onDamage: () => Promise<void>): Readable {
  return Readable.from(chunksOf(files, place, onDamage), { objectMode: false, highWaterMark: CHUNK_BYTES });
}

/** The file is opened by the first read, so a stream that nobody reads holds no descriptor. */
async function* chunksOf(files: Files, place: Place, onDamage: () => Promise<void>): AsyncGenerator<Buffer> {
  const file = await files.openForReading(place.container.path);
  try {
    let crc = 0;
    for (let read = 0; read < place.bodyBytes; ) {
      const chunk = await file.read(Math.min(CHUNK_BYTES, place.bodyBytes - read), bodyOffset(place) + read);
      if (chunk.length === 0) break;
      crc = crc32(chunk, crc);
      read += chunk.length;
      // The last octets wait for the check, so nobody can take a damaged body for a whole one.
      if (read === place.bodyBytes && crc === place.bodyCrc) return yield chunk;
      if (read < place.bodyBytes) yield chunk;
    }
    if (place.bodyBytes === 0) return;
    await onDamage();
    throw damaged(place);
  } finally {
    await file.close();
  }
}

function bodyOffset({ container, offset, envelopeBytes }: Place): number {
  return container.form === 'segment' ? offset + HEAD_BYTES + envelopeBytes : 0;
}

function damaged({ container, offset }: Place): DamagedMessage {
  return new DamagedMessage(`${container.path} at ${offset}: the content does not match its checksum`);
}
