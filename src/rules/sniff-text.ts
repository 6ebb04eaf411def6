/** The beginning of a file as text, if it is text: ASCII or an extension of it, UTF-8, UTF-16. Pure. */

/** What text has among the control characters: tab, line ends, form feed, escape (ISO 2022), the end mark of DOS. */
const TEXT_CONTROLS: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0c, 0x0d, 0x1a, 0x1b]);

/** Null: no text. Letters beyond ASCII may be wrong where the encoding is none of these. */
export function textOf(head: Buffer): string | null {
  const wide = wideEncoding(head);
  if (wide !== null) {
    const text = new TextDecoder(wide).decode(head.subarray(0, head.length & ~1));
    return hasControls(text) ? null : text;
  }
  for (const octet of head) {
    if (octet === 0x7f || (octet < 0x20 && !TEXT_CONTROLS.has(octet))) return null;
  }
  return head.toString('utf8').replace(/^\ufeff/, '');
}

/** By its mark, or without one by the zeros between ASCII letters. */
function wideEncoding(head: Buffer): 'utf-16le' | 'utf-16be' | null {
  if (head.length < 4) return null;
  const mark = head.readUInt16BE(0);
  if (mark === 0xfffe) return 'utf-16le';
  if (mark === 0xfeff) return 'utf-16be';
  const pairs = Array.from({ length: Math.min(head.length >> 1, 64) }, (_, i) => head.readUInt16LE(i * 2));
  if (pairs.every((pair) => pair > 0x08 && pair < 0x7f)) return 'utf-16le';
  if (pairs.every((pair) => (pair & 0xff) === 0 && pair > 0x08ff && pair < 0x7f00)) return 'utf-16be';
  return null;
}

function hasControls(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 && !TEXT_CONTROLS.has(code)) return true;
  }
  return false;
}
