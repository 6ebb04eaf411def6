/**
 * A part that is sealed, or only signed and then packed (`cms.ts`): what is signed is walked into like an attached message,
 * and counts by its leaves; what is sealed is a file.
 */
import { createSignedContent } from './cms.ts';
import { createDecoder, type LeafDeps, openLeaf } from './leaf.ts';
import type { Part, PartReader } from './part.ts';

/** `sealed`: its type; `inside`: makes the reader of what was signed, when there is any. */
export function openSigned(
  deps: LeafDeps,
  part: Part,
  { sealed, inside }: { readonly sealed: string; inside(): PartReader },
): PartReader {
  const { ledger } = deps;
  let leaf: PartReader | null = null;
  let tree: PartReader | null = null;
  let held: Buffer[] = [];
  let contentBytes = 0;
  const signed = createSignedContent((octets) => {
    tree ??= inside();
    contentBytes += octets.length;
    tree.write(octets);
  });

  /** As soon as it is known what the part is. */
  function open(): PartReader {
    if (signed.kind === 'unclear') ledger.ambiguity('encoded-container', part.path);
    if (signed.kind !== 'signed') ledger.seal(sealed);
    const isAttachment = part.isAttachment && signed.kind !== 'signed';
    const opened = openLeaf(deps, { ...part, encoding: '8bit', isAttachment });
    for (const octets of held) opened.write(octets);
    held = [];
    return opened;
  }

  const decoder = createDecoder(deps, part, (octets) => {
    signed.write(octets);
    leaf?.write(octets);
    if (leaf) return;
    held.push(Buffer.from(octets));
    if (signed.kind !== null) leaf = open();
  });
  return {
    write: (octets) => decoder.write(octets),
    end() {
      decoder.end();
      signed.end();
      leaf ??= open();
      leaf.end();
      tree?.end();
      // Certificates and signatures, and whatever else is in there.
      if (signed.kind === 'signed') ledger.totals.attachmentBytes += decoder.bytes - contentBytes;
    },
  };
}
