/**
 * What the opening of one message may still cost. One budget for all its archives, so that many small bombs are one large
 * one. Passing a bound is thrown, through all levels of nesting: nothing of the message is opened any further.
 */
import { MAX_ENTRIES, MAX_OUTPUT_BYTES, MAX_RATIO, RATIO_FROM_BYTES } from './limits.ts';

/** The message is not looked into any further; the text is for the sender and the log. */
export class TooMuch extends Error {
  override name = 'TooMuch';
}

export interface Budget {
  /** One more file in an archive. */
  entry(): void;
  /** Octets that came out of an archive. */
  output(octets: number): void;
}

export function createBudget(): Budget {
  let entries = 0;
  let bytes = 0;
  return {
    entry() {
      if (++entries > MAX_ENTRIES) throw new TooMuch(`more than ${MAX_ENTRIES} files in its archives`);
    },
    output(octets) {
      bytes += octets;
      if (bytes > MAX_OUTPUT_BYTES) throw new TooMuch(`more than ${MAX_OUTPUT_BYTES / 1e6} MB when unpacked`);
    },
  };
}

/** Whether so much from so little is no honest compression. */
export function isAbsurd(outputBytes: number, packedBytes: number): boolean {
  return outputBytes > RATIO_FROM_BYTES && outputBytes > packedBytes * MAX_RATIO;
}
