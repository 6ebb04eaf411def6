/** Holds the octets of the parts that must be opened until the message is read: opening takes its time, reading does not wait. */
import type { Part, PartReader } from '../../mail/parts.ts';
import { TooMuch } from './budget.ts';
import { MAX_COLLECTED_BYTES } from './limits.ts';

export interface CollectedPart {
  readonly part: Part;
  readonly octets: Buffer;
}

export interface Collected {
  readonly open: (part: Part) => PartReader;
  /** Each once; its octets are let go with it. Throws TooMuch when there were more than are held. */
  take(): Generator<CollectedPart>;
}

export function collectParts(): Collected {
  const waiting: { part: Part; pieces: Buffer[] }[] = [];
  let bytes = 0;
  return {
    open(part) {
      const pieces: Buffer[] = [];
      waiting.push({ part, pieces });
      return {
        write(octets) {
          bytes += octets.length;
          if (bytes <= MAX_COLLECTED_BYTES) pieces.push(Buffer.from(octets));
        },
        end() {},
      };
    },
    *take() {
      if (bytes > MAX_COLLECTED_BYTES) throw new TooMuch('its attachments are too large to be opened');
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        yield { part: next.part, octets: Buffer.concat(next.pieces.splice(0)) };
      }
    },
  };
}
