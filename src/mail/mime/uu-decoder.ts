/** The transfer encoding x-uuencode, which was never registered: files in the text, and nothing but them. */
import type { Decoder, Output } from './decoder.ts';
import { FileBlocks } from './file-blocks.ts';

/** `onName`: the name of a file by its first line. */
export function createUuDecoder(output: Output, onName: (name: string) => void): Decoder {
  let decoded = 0;
  let raw = 0;
  const blocks = new FileBlocks({
    open: (_, name) => onName(name),
    octets(octets) {
      decoded += octets.length;
      output?.(octets);
    },
    close: () => undefined,
  });
  return {
    write(octets) {
      raw += octets.length;
      blocks.write(octets);
    },
    end: () => blocks.end(),
    get bytes() {
      return decoded > 0 ? decoded : raw;
    },
  };
}
