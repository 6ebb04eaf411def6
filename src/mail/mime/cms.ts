/**
 * The content of a signed CMS message (RFC 5652 §5, RFC 8551 §3.5.2 "signed-data"): it is packed in DER or BER, not
 * encrypted, so every mail program shows it, whoever signed it. Read as it comes; of its beginning 4 kB are held.
 */

/** What it is by its beginning; unclear: signed, but not as programs write it. */
type Start =
  | { readonly kind: 'content'; readonly at: number }
  | { readonly kind: 'sealed' | 'unclear' | 'short' };

export interface SignedContent {
  /** null: not known yet. */
  readonly kind: 'signed' | 'sealed' | 'unclear' | null;
  write(octets: Buffer): void;
  end(): void;
}

/** `onContent`: gets the octets of the signed content. */
export function createSignedContent(onContent: (octets: Buffer) => void): SignedContent {
  const strings = createStrings(onContent);
  let kind: SignedContent['kind'] = null;
  let head = Buffer.alloc(0);

  function decide(isLast: boolean): void {
    const start = readStart(head);
    if (start.kind === 'short' && !isLast) return;
    kind = start.kind === 'content' ? 'signed' : start.kind === 'sealed' ? 'sealed' : 'unclear';
    if (start.kind === 'content') strings(head.subarray(start.at));
    // Too short to be anything.
    if (start.kind === 'short' && !isSigned(head)) kind = 'sealed';
    head = Buffer.alloc(0);
  }

  return {
    get kind() {
      return kind;
    },
    write(octets) {
      if (kind === 'signed') strings(octets);
      if (kind !== null) return;
      head = Buffer.concat([head, octets]);
      decide(head.length >= LONGEST_START);
    },
    end() {
      if (kind === null) decide(true);
    },
  };
}

const LONGEST_START = 4_096;
const SIGNED_DATA = Buffer.from('06092a864886f70d010702', 'hex');
const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const OID = 0x06;
const OCTETS = 0x04;
const OCTETS_IN_PARTS = 0x24;
const FIRST = 0xa0;

interface Element {
  readonly tag: number;
  /** Of its content; -1: up to a mark of its end (X.690 §8.1.3.6). */
  readonly length: number;
  readonly at: number;
}

function isSigned(head: Buffer): boolean {
  return head.subarray(0, 24).includes(SIGNED_DATA);
}

/** ContentInfo, SignedData, and in it the EncapsulatedContentInfo. */
function readStart(head: Buffer): Start {
  const outer = readElement(head, 0);
  if (!outer) return { kind: head.length < 24 ? 'short' : 'sealed' };
  const type = head.subarray(outer.at, outer.at + SIGNED_DATA.length);
  if (type.length < SIGNED_DATA.length && outer.tag === SEQUENCE) return { kind: 'short' };
  if (outer.tag !== SEQUENCE || !type.equals(SIGNED_DATA)) return { kind: 'sealed' };
  let at = outer.at + SIGNED_DATA.length;
  for (const tag of [FIRST, SEQUENCE, INTEGER, SET]) {
    const element = readElement(head, at);
    if (!element) return { kind: 'short' };
    if (element.tag !== tag) return { kind: 'unclear' };
    const next = tag === INTEGER || tag === SET ? behind(head, element) : element.at;
    if (next < 0) return { kind: 'short' };
    at = next;
  }
  return readEncapsulated(head, at);
}

function readEncapsulated(head: Buffer, start: number): Start {
  const info = readElement(head, start);
  const type = info && readElement(head, info.at);
  if (!info || !type) return { kind: 'short' };
  if (info.tag !== SEQUENCE || type.tag !== OID || type.length < 0) return { kind: 'unclear' };
  const at = type.at + type.length;
  // Certificates alone: nothing is signed, or it stands elsewhere.
  if (info.length >= 0 && at >= info.at + info.length) return { kind: 'sealed' };
  const content = readElement(head, at);
  if (!content) return { kind: 'short' };
  if (content.tag === 0) return { kind: 'sealed' };
  return content.tag === FIRST ? { kind: 'content', at: content.at } : { kind: 'unclear' };
}

/** Null: there is not enough of it, or its length is no number that a message can have. */
function readElement(octets: Buffer, at: number): Element | null {
  const tag = octets[at];
  const first = octets[at + 1];
  if (tag === undefined || first === undefined) return null;
  if (first < 0x80) return { tag, length: first, at: at + 2 };
  const count = first & 0x7f;
  if (count === 0) return { tag, length: -1, at: at + 2 };
  if (count > 6 || at + 2 + count > octets.length) return null;
  return { tag, length: octets.readUIntBE(at + 2, count), at: at + 2 + count };
}

/** Behind an element; -1: it does not end here. */
function behind(octets: Buffer, element: Element): number {
  if (element.length >= 0) return element.at + element.length;
  let at = element.at;
  for (let open = 1; open > 0; ) {
    const inner = readElement(octets, at);
    if (!inner) return -1;
    if (inner.tag === 0 && inner.length === 0) open--;
    if (inner.length < 0) open++;
    at = inner.length < 0 ? inner.at : inner.at + inner.length;
  }
  return at;
}

/** One octet string, or one in parts. */
function createStrings(onContent: (octets: Buffer) => void): (octets: Buffer) => void {
  let left = 0;
  let done = false;
  let held = Buffer.alloc(0);
  return (octets) => {
    let rest = held.length > 0 ? Buffer.concat([held, octets]) : octets;
    held = Buffer.alloc(0);
    while (rest.length > 0 && !done) {
      if (left > 0) {
        const piece = rest.subarray(0, left);
        onContent(piece);
        left -= piece.length;
        rest = rest.subarray(piece.length);
        continue;
      }
      const element = readElement(rest, 0);
      if (!element) {
        if (rest.length < 8) held = Buffer.from(rest);
        return;
      }
      if (element.tag === OCTETS && element.length >= 0) left = element.length;
      else if (element.tag !== OCTETS_IN_PARTS) done = true;
      rest = rest.subarray(element.at);
    }
  };
}
