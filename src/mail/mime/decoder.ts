/** Undoing of a transfer encoding (RFC 2045 §6) as the octets come. */
import type { PartReader } from './part.ts';

export interface Decoder extends PartReader {
  /** Decoded octets so far; all of them after `end`. */
  readonly bytes: number;
}

/** Gets decoded octets, which are its own only until it returns. Null: they are counted, nothing else. */
export type Output = ((octets: Buffer) => void) | null;

export function createIdentity(output: Output): Decoder {
  let bytes = 0;
  return {
    write(octets) {
      bytes += octets.length;
      output?.(octets);
    },
    end: () => undefined,
    get bytes() {
      return bytes;
    },
  };
}
