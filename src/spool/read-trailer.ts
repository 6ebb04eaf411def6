/**
 * Reads what stands behind the body in a file of one message. The body itself is checked when it is read: the file
 * got its name after its sync, so a torn one does not exist.
 */
import { stat } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { Files } from '../lib/durable-file.ts';
import { BadField } from '../lib/fields.ts';
import type { Envelope } from '../mail/envelope.ts';
import { parseEnvelope } from '../mail/json.ts';
import { END, HEAD_BYTES, type Head, holds, readHead, recordBytes } from './record.ts';

export type Trailer =
  | { readonly kind: 'trailer'; readonly head: Head; readonly envelope: Envelope; readonly fileBytes: number }
  | { readonly kind: 'bad'; readonly reason: string };

export async function readTrailer(files: Files, path: string): Promise<Trailer> {
  const fileBytes = (await stat(path)).size;
  const fixedBytes = HEAD_BYTES + END.length;
  if (fileBytes < fixedBytes) return bad('shorter than a record');
  const file = await files.openForReading(path);
  try {
    const fixed = await file.read(fixedBytes, fileBytes - fixedBytes);
    const result = readHead(fixed, 0, 'single');
    if (result.kind !== 'head') return bad(result.reason);
    const { head } = result;
    if (!holds(fixed, HEAD_BYTES, END)) return bad('no end mark');
    if (recordBytes(head) !== fileBytes) return bad('the length of the file is not that of its record');
    const json = await file.read(head.envelopeBytes, head.bodyBytes);
    if (crc32(json) !== head.envelopeCrc) return bad('the envelope does not match its checksum');
    return { kind: 'trailer', head, envelope: parseEnvelope(json), fileBytes };
  } catch (error) {
    if (error instanceof BadField) return bad(`the envelope cannot be read: ${error.message}`);
    throw error;
  } finally {
    await file.close();
  }
}

function bad(reason: string): Trailer {
  return { kind: 'bad', reason };
}
