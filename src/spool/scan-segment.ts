/**
 * Finds the records in the octets of a segment. Pure. Every octet is accounted for: it belongs to a whole record, to
 * damage (acknowledged mail may be in it), or to a torn tail (the write that a crash cut short).
 */
import { crc32 } from 'node:zlib';
import { END, HEAD_BYTES, type Head, holds, MAGIC, readHead, recordBytes } from './record.ts';

export type Found =
  | {
      readonly kind: 'record';
      readonly from: number;
      readonly to: number;
      readonly head: Head;
      readonly envelopeJson: Buffer;
    }
  | { readonly kind: 'damage'; readonly from: number; readonly to: number; readonly reason: string }
  /** Incomplete and at the very end: its sync never returned, so nobody was told that it is stored. */
  | { readonly kind: 'torn'; readonly from: number; readonly to: number };

export function* scanSegment(bytes: Buffer): Generator<Found> {
  let from = 0;
  while (from < bytes.length) {
    const found = recordAt(bytes, from);
    yield found;
    from = found.to;
  }
}

function recordAt(bytes: Buffer, from: number): Found {
  const result = readHead(bytes, from, 'segment');
  if (result.kind !== 'head') return gap(bytes, from, result.reason);
  const { head } = result;
  const to = from + recordBytes(head);
  const bodyFrom = from + HEAD_BYTES + head.envelopeBytes;
  // The head is sound, so its lengths are; where the record ends as they say, damage stops there.
  if (!holds(bytes, to - END.length, END)) return gap(bytes, from, 'no end mark');
  const envelopeJson = bytes.subarray(from + HEAD_BYTES, bodyFrom);
  if (crc32(envelopeJson) !== head.envelopeCrc) {
    return { kind: 'damage', from, to, reason: 'the envelope does not match its checksum' };
  }
  if (crc32(bytes.subarray(bodyFrom, to - END.length)) !== head.bodyCrc) {
    return { kind: 'damage', from, to, reason: 'the content does not match its checksum' };
  }
  return { kind: 'record', from, to, head, envelopeJson };
}

/** Octets that are no record, up to the next sound head (one that we cannot read is sound, too) or the end. */
function gap(bytes: Buffer, from: number, reason: string): Found {
  const next = nextHead(bytes, from + 1);
  if (next !== null) return { kind: 'damage', from, to: next, reason };
  const to = bytes.length;
  return isTorn(bytes, from) ? { kind: 'torn', from, to } : { kind: 'damage', from, to, reason };
}

function nextHead(bytes: Buffer, from: number): number | null {
  let at = bytes.indexOf(MAGIC, from);
  while (at !== -1) {
    if (readHead(bytes, at, 'segment').kind !== 'bad') return at;
    at = bytes.indexOf(MAGIC, at + 1);
  }
  return null;
}

/** The beginning of a record and no more, or zeros: a length that reached the disk before its octets. */
function isTorn(bytes: Buffer, from: number): boolean {
  const rest = bytes.subarray(from);
  if (rest.every((octet) => octet === 0)) return true;
  if (rest.length < HEAD_BYTES) return holds(MAGIC, 0, rest.subarray(0, MAGIC.length));
  const result = readHead(bytes, from, 'segment');
  return result.kind === 'head' && from + recordBytes(result.head) > bytes.length;
}
