/**
 * The content of a leaf on its way: transfer decoding, counting, the reader who wants it, and the files that stand in its
 * text (`file-blocks.ts`).
 */
import { Base64Decoder } from './base64.ts';
import { createIdentity, type Decoder, type Output } from './decoder.ts';
import { FileBlocks } from './file-blocks.ts';
import type { Ledger } from './ledger.ts';
import type { Part, PartReader, WalkHandlers } from './part.ts';
import { QuotedPrintableDecoder } from './quoted-printable.ts';
import { createUuDecoder } from './uu-decoder.ts';

export interface LeafDeps {
  readonly handlers: WalkHandlers;
  readonly ledger: Ledger;
}

export function openLeaf(deps: LeafDeps, part: Part): PartReader {
  const { ledger } = deps;
  const reader = deps.handlers.part(part);
  if (part.isAttachment) ledger.totals.attachments++;
  const blocks = part.type === 'text/plain' ? createBlocks(deps, part) : null;
  const decoder = createDecoder(deps, part, outputTo(blocks, reader));
  return {
    write: (octets) => decoder.write(octets),
    end() {
      decoder.end();
      blocks?.end();
      reader?.end();
      if (part.isAttachment) ledger.totals.attachmentBytes += decoder.bytes;
    },
  };
}

function outputTo(blocks: FileBlocks | null, reader: PartReader | null): Output {
  if (!blocks) return reader && ((octets) => reader.write(octets));
  return (octets) => {
    blocks.write(octets);
    reader?.write(octets);
  };
}

/** `output` gets the octets as the part's transfer encoding means them. */
export function createDecoder(deps: LeafDeps, part: Part, output: Output): Decoder {
  switch (part.encoding) {
    case 'base64':
      return createBase64(deps, part, output);
    case 'quoted-printable':
      return new QuotedPrintableDecoder(output);
    case 'uuencode':
      return createUuDecoder(output, (name) => {
        // The part's own octets are read under its own names; here only the name is news.
        if (!part.names.includes(name)) deps.handlers.part(filePart(part, name, 1))?.end();
      });
    case '7bit':
    case '8bit':
    case 'binary':
    case 'unknown':
      return createIdentity(output);
    default:
      throw new Error(`unknown encoding ${part.encoding satisfies never}`);
  }
}

function createBase64(deps: LeafDeps, part: Part, output: Output): Decoder {
  const footer = part.type.startsWith('text/') ? openText(deps, part, 'footer') : null;
  const decoder = new Base64Decoder({ output, footer });
  return {
    write: (octets) => decoder.write(octets),
    end() {
      decoder.end();
      if (decoder.doubtful) deps.ledger.ambiguity('bad-base64', part.path);
      // Who does not decode attached messages (RFC 2046 §5.2.1 forbids to encode them) reads another one.
      if (decoder.foreign && part.type.startsWith('message/')) {
        deps.ledger.ambiguity('encoded-container', part.path);
      }
    },
    get bytes() {
      return decoder.bytes;
    },
  };
}

/**
 * Text beside the parts: it is one only from its first octet on that is no white space. What belongs to a text is shown as
 * text of its type.
 */
export function openText(
  deps: LeafDeps,
  around: Pick<Part, 'path' | 'depth'> & Partial<Pick<Part, 'type' | 'charset' | 'encoding'>>,
  name: 'prologue' | 'epilogue' | 'header' | 'footer',
): PartReader {
  let leaf: PartReader | null = null;
  const part: Part = {
    path: joinPath(around.path, name),
    depth: around.depth,
    type: around.type?.startsWith('text/') ? around.type : 'text/plain',
    names: [],
    disposition: null,
    encoding: name === 'header' && around.encoding === 'quoted-printable' ? 'quoted-printable' : '8bit',
    charset: around.charset ?? null,
    isAttachment: false,
  };
  return {
    write(octets) {
      const start = leaf ? 0 : octets.findIndex((octet) => octet > 0x20);
      if (start < 0) return;
      leaf ??= openLeaf(deps, part);
      leaf.write(octets.subarray(start));
    },
    end: () => leaf?.end(),
  };
}

export function joinPath(path: string, step: string | number): string {
  return path === '' ? `${step}` : `${path}.${step}`;
}

function filePart(host: Part, name: string, number: number): Part {
  return {
    path: `${host.path}.uu${number}`,
    depth: host.depth + 1,
    type: 'application/octet-stream',
    names: name === '' ? [] : [name],
    disposition: 'attachment',
    encoding: 'uuencode',
    charset: null,
    isAttachment: true,
  };
}

/** Files in the text of a part. Of a part that counts, they have been counted with it. */
function createBlocks({ handlers, ledger }: LeafDeps, host: Part): FileBlocks {
  let number = 0;
  let reader: PartReader | null = null;
  let admitted = false;
  return new FileBlocks({
    open(kind, name) {
      const part: Part = {
        ...filePart(host, name, ++number),
        encoding: kind === 'yenc' ? '8bit' : 'uuencode',
      };
      admitted = ledger.admitPart(part.path);
      if (!admitted) return;
      reader = handlers.part(part);
      if (!host.isAttachment) ledger.totals.attachments++;
    },
    octets(octets) {
      if (!host.isAttachment) ledger.totals.attachmentBytes += octets.length;
      if (admitted) reader?.write(octets);
    },
    close() {
      if (admitted) reader?.end();
      reader = null;
    },
  });
}
