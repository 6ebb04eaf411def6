/**
 * How one message lies on the disk. Pure.
 *
 * In a segment:           head, envelope (JSON), body, END
 * In a file of its own:   body, envelope (JSON), head, END   (the body streams in before anything is known of it)
 *
 * The head is 32 octets, numbers big-endian: MAGIC (8), version (2), form (2), envelope length (4), body length (4),
 * CRC-32 of the envelope (4), of the body (4), of the head before it (4). Magic and END hold NULs, which no accepted
 * message does: a message cannot contain what looks like a record.
 */
import { crc32 } from 'node:zlib';

export const FORMAT_VERSION = 1;
export const MAGIC = Buffer.from('\0GEGANTI', 'latin1');
export const END = Buffer.from('\0GEGEND\0', 'latin1');
export const HEAD_BYTES = 32;

const FORMS = { segment: 1, single: 2 } as const;
export type Form = keyof typeof FORMS;

export interface Head {
  readonly envelopeBytes: number;
  readonly bodyBytes: number;
  readonly envelopeCrc: number;
  readonly bodyCrc: number;
}

export type HeadResult =
  | { readonly kind: 'head'; readonly head: Head }
  /** Its checksum is right, but it is of a version or form that this program does not read. */
  | { readonly kind: 'foreign'; readonly reason: string }
  | { readonly kind: 'bad'; readonly reason: string };

export interface Body {
  readonly chunks: readonly Buffer[];
  readonly bytes: number;
  readonly crc: number;
}

/** The record of a segment, as buffers for one write; the body's are the caller's own. */
export function encodeRecord(envelopeJson: Buffer, body: Body): Buffer[] {
  const front = Buffer.allocUnsafe(HEAD_BYTES + envelopeJson.length);
  writeHead(front, 'segment', headOf(envelopeJson, body));
  envelopeJson.copy(front, HEAD_BYTES);
  return [front, ...body.chunks, END];
}

/** What follows the body in a file of its own. */
export function encodeTrailer(envelopeJson: Buffer, body: Omit<Body, 'chunks'>): Buffer {
  const trailer = Buffer.allocUnsafe(envelopeJson.length + HEAD_BYTES + END.length);
  envelopeJson.copy(trailer);
  writeHead(trailer.subarray(envelopeJson.length), 'single', headOf(envelopeJson, body));
  END.copy(trailer, envelopeJson.length + HEAD_BYTES);
  return trailer;
}

export function recordBytes(head: Head): number {
  return HEAD_BYTES + head.envelopeBytes + head.bodyBytes + END.length;
}

/** Reads the 32 octets at `offset`. Its own check is good, so lengths may be trusted. */
export function readHead(bytes: Buffer, offset: number, form: Form): HeadResult {
  if (bytes.length - offset < HEAD_BYTES) return bad('shorter than a head');
  if (!holds(bytes, offset, MAGIC)) return bad('no magic');
  const crc = crc32(bytes.subarray(offset, offset + HEAD_BYTES - 4));
  if (bytes.readUInt32BE(offset + 28) !== crc) return bad('the head does not match its checksum');
  const version = bytes.readUInt16BE(offset + 8);
  if (version !== FORMAT_VERSION) return foreign(`format version ${version} is not known`);
  if (bytes.readUInt16BE(offset + 10) !== FORMS[form]) return foreign(`not the form of a ${form}`);
  const head = {
    envelopeBytes: bytes.readUInt32BE(offset + 12),
    bodyBytes: bytes.readUInt32BE(offset + 16),
    envelopeCrc: bytes.readUInt32BE(offset + 20),
    bodyCrc: bytes.readUInt32BE(offset + 24),
  };
  return { kind: 'head', head };
}

/** Whether `mark` stands at `offset`. */
export function holds(bytes: Buffer, offset: number, mark: Buffer): boolean {
  return (
    offset + mark.length <= bytes.length &&
    bytes.compare(mark, 0, mark.length, offset, offset + mark.length) === 0
  );
}

function headOf(envelopeJson: Buffer, body: Omit<Body, 'chunks'>): Head {
  return {
    envelopeBytes: envelopeJson.length,
    bodyBytes: body.bytes,
    envelopeCrc: crc32(envelopeJson),
    bodyCrc: body.crc,
  };
}

function writeHead(to: Buffer, form: Form, head: Head): void {
  MAGIC.copy(to);
  to.writeUInt16BE(FORMAT_VERSION, 8);
  to.writeUInt16BE(FORMS[form], 10);
  to.writeUInt32BE(head.envelopeBytes, 12);
  to.writeUInt32BE(head.bodyBytes, 16);
  to.writeUInt32BE(head.envelopeCrc, 20);
  to.writeUInt32BE(head.bodyCrc, 24);
  to.writeUInt32BE(crc32(to.subarray(0, HEAD_BYTES - 4)), 28);
}

function foreign(reason: string): HeadResult {
  return { kind: 'foreign', reason };
}

function bad(reason: string): HeadResult {
  return { kind: 'bad', reason };
}
