/**
 * A multipart that is encoded as a whole (forbidden by RFC 2045 §6.4): most readers ignore that, some decode it first. So
 * it is read both ways; the second one hands on text alone and counts only what is more than by the first. In
 * quoted-printable, which careless programs write there, it is an ambiguity only if the second one finds other parts. (It
 * often finds fewer: the padding of base64 is a soft line break to it.)
 */
import { createDecoder } from './leaf.ts';
import type { Ledger } from './ledger.ts';
import type { Part, PartReader, WalkHandlers } from './part.ts';

export interface SecondReadingDeps {
  readonly handlers: WalkHandlers;
  readonly ledger: Ledger;
  /** Reads the inside of the multipart, decoded. */
  inside(handlers: WalkHandlers, ledger: Ledger): PartReader;
}

/** Gets the inside of the multipart as it stands. Null: it is not encoded. */
export function openSecondReading(deps: SecondReadingDeps, part: Part): PartReader | null {
  const { handlers, ledger } = deps;
  if (part.encoding !== 'base64' && part.encoding !== 'quoted-printable') {
    if (part.encoding === 'uuencode') ledger.ambiguity('encoded-container', part.path);
    return null;
  }
  const textOnly: WalkHandlers = { part: (one) => (one.isAttachment ? null : handlers.part(one)) };
  const second = ledger.fork();
  const tree = deps.inside(textOnly, second);
  const decoder = createDecoder({ handlers, ledger: second }, part, (octets) => tree.write(octets));
  const { shape, attachmentBytes } = ledger.totals;
  const before = shape.length;
  return {
    write: (octets) => decoder.write(octets),
    end() {
      decoder.end();
      tree.end();
      const hidden = !contains(shape.slice(before), second.totals.shape);
      if (part.encoding === 'base64' || hidden) ledger.ambiguity('encoded-container', part.path);
      if (!hidden) return;
      const firstBytes = ledger.totals.attachmentBytes - attachmentBytes;
      ledger.totals.attachmentBytes += Math.max(0, second.totals.attachmentBytes - firstBytes);
    },
  };
}

/** Whether the parts of the second reading are among those of the first, in their order. */
function contains(first: readonly string[], second: readonly string[]): boolean {
  let found = 0;
  for (const one of first) if (one === second[found]) found++;
  return first.length > 0 && found === second.length;
}
