/** The packing of rich text in Outlook's messages (MS-OXRTFCP §2.2): references into a ring of 4,096 octets. */
import type { Budget } from './budget.ts';

/** MS-OXRTFCP §2.1.2.1: what the ring holds at the beginning. */
const DICTIONARY =
  '{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx';
const RING = 4_096;
const HEADER_BYTES = 16;

/** Null: not so packed. */
export function unpackRichText(packed: Buffer, budget: Budget): Buffer | null {
  if (packed.length < HEADER_BYTES) return null;
  // Each octet of input makes 9 of output at most: 17 from two.
  const output = Buffer.alloc((packed.length + 1) * 9);
  const ring = Buffer.alloc(RING, 0x20);
  ring.write(DICTIONARY, 'latin1');
  let place = DICTIONARY.length;
  let length = 0;
  const put = (octet: number): void => {
    output[length++] = octet;
    ring[place] = octet;
    place = (place + 1) % RING;
  };
  let at = HEADER_BYTES;
  reading: while (at < packed.length) {
    const control = packed[at++] ?? 0;
    for (let bit = 0; bit < 8 && at < packed.length; bit++) {
      if (((control >> bit) & 1) === 0) {
        put(packed[at++] ?? 0);
        continue;
      }
      if (at + 2 > packed.length) break reading;
      const reference = packed.readUInt16BE(at);
      at += 2;
      let from = reference >> 4;
      if (from === place) break reading;
      for (let i = (reference & 0x0f) + 2; i > 0; i--) {
        put(ring[from] ?? 0);
        from = (from + 1) % RING;
      }
    }
  }
  budget.output(length);
  return output.subarray(0, length);
}
