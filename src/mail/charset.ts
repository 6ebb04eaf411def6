/**
 * Octets of text into letters, as they come, whatever charset somebody named (WHATWG Encoding): never throws, and the
 * same octets give the same text however they are cut. Where no charset helps, each sequence that is valid UTF-8 is read as
 * such and each other octet as windows-1252.
 */
import { isUtf8 } from 'node:buffer';
import { CHARSET_LABELS } from './charset-labels.ts';

export interface CharsetDecoder {
  write(octets: Buffer): string;
  end(): string;
}

/** As many octets of HTML are looked at for a `<meta charset>` (HTML Standard, "prescan a byte stream"). */
const PRESCAN_BYTES = 1_024;
const BOM_BYTES = 3;
const NOTHING = Buffer.alloc(0);

/** `charset`: as the message names it; null: it does not. `type`: the media type, for what the text says of itself. */
export function createTextDecoder(charset: string | null, type: string): CharsetDecoder {
  const label = charset === null ? null : encodingOf(charset);
  const asksText = label === null && (type === 'text/html' || type === 'application/xhtml+xml');
  const needed = asksText ? PRESCAN_BYTES : BOM_BYTES;
  let held: Buffer = NOTHING;
  let decoder: CharsetDecoder | null = null;

  const begin = (octets: Buffer): string => {
    const start = octets.subarray(0, needed);
    const marked = bomOf(start);
    decoder = createDecoder(marked ?? label ?? (asksText ? metaCharset(start) : null));
    const mark = marked === 'utf-8' ? 3 : 2;
    return decoder.write(marked ? octets.subarray(mark) : octets);
  };

  return {
    write(octets) {
      if (decoder) return decoder.write(octets);
      held = held.length === 0 ? octets : Buffer.concat([held, octets]);
      if (held.length >= needed) return begin(held);
      held = Buffer.from(held);
      return '';
    },
    end() {
      const text = decoder ? '' : begin(held);
      return text + (decoder?.end() ?? '');
    },
  };
}

/** All at once. */
export function decodeOctets(octets: Buffer, charset: string | null): string {
  const decoder = createTextDecoder(charset, 'text/plain');
  return decoder.write(octets) + decoder.end();
}

/** RFC 2152 and its like: letters of ASCII that stand for other letters of ASCII, so that no search for them finds anything. */
export function hidesAscii(charset: string): boolean {
  const label = plainLabel(charset);
  return (
    /utf-?7|^hz|utf-?32|ucs-?4|^scsu|^bocu|ebcdic/.test(label) ||
    /^(?:cs)?(?:cp|ibm)-?0*(?:37|273|277|278|28[045]|290|297|42[034]|500|87[015]|880|905|918|1026|1047|114\d)$/.test(
      label,
    )
  );
}

/** Whether ASCII octets mean themselves in it, so that two such charsets show the same markup and the same links. */
export function keepsAscii(charset: string): boolean {
  return !hidesAscii(charset) && !/utf-?16|ucs-?2|unicode|iso-?2022/.test(plainLabel(charset));
}

function plainLabel(charset: string): string {
  return charset
    .slice(0, 100)
    .replace(/["'\s]/g, '')
    .toLowerCase();
}

/** Spellings of real mail that the standard's list of labels lacks. */
const MISSPELT: readonly [RegExp, string][] = [
  [/^(?:x-)?ansi$/, 'windows-1252'],
  [/^(?:x-)?win(?:dows)?[-_]?(\d{3,4})$/, 'windows-$1'],
  [/^(?:x-)?cp[-_](\d{3,4})$/, 'cp$1'],
  [/^(?:iso[-_]?)?8859[-_](\d{1,2})$/, 'iso-8859-$1'],
  [/^latin[-_](\d)$/, 'latin$1'],
  [/^utf[-_]?8.*$/, 'utf-8'],
  [/^utf[-_]?16$/, 'utf-16le'],
  [/^(?:us-)?ascii.*$/, 'utf-8'],
];

/** Null: nobody knows it. */
function encodingOf(charset: string): string | null {
  const label = plainLabel(charset);
  if (label === 'utf-8') return label;
  const spelt = MISSPELT.find(([pattern]) => pattern.test(label));
  const name = spelt ? label.replace(spelt[0], spelt[1]) : label;
  return CHARSET_LABELS.has(name) ? new TextDecoder(name).encoding : null;
}

function bomOf(start: Buffer): string | null {
  if (start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf) return 'utf-8';
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be';
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  return null;
}

function metaCharset(start: Buffer): string | null {
  const text = start.toString('latin1');
  const found = /<meta\b[^>]{0,500}?\bcharset\s{0,9}=\s{0,9}["']?\s{0,9}([\w.:-]{1,40})/i.exec(text)?.[1];
  const encoding = found === undefined ? null : encodingOf(found);
  // A meta element that is read octet by octet cannot be UTF-16; so says the HTML Standard, too.
  return encoding?.startsWith('utf-16') ? null : encoding;
}

/** UTF-8 is read by hand, too: what is not valid in it is rather some other charset than nothing. */
function createDecoder(encoding: string | null): CharsetDecoder {
  if (encoding === null || encoding === 'utf-8') return createMixedDecoder();
  const decoder = new TextDecoder(encoding, { ignoreBOM: true });
  return {
    write: (octets) => decoder.decode(octets, { stream: true }),
    end: () => decoder.decode(),
  };
}

const WINDOWS_1252 = new TextDecoder('windows-1252').decode(Uint8Array.from({ length: 256 }, (_, i) => i));

function createMixedDecoder(): CharsetDecoder {
  let pending: Buffer = NOTHING;
  return {
    write(octets) {
      const all = pending.length === 0 ? octets : Buffer.concat([pending, octets]);
      const end = all.length - incompleteTail(all);
      pending = end === all.length ? NOTHING : Buffer.from(all.subarray(end));
      return decodeMixed(end === all.length ? all : all.subarray(0, end));
    },
    end() {
      const rest = pending;
      pending = NOTHING;
      return decodeMixed(rest);
    },
  };
}

/** Octets at the end that may be the beginning of one letter. */
function incompleteTail(octets: Buffer): number {
  for (let back = 1; back <= 3 && back <= octets.length; back++) {
    const octet = octets[octets.length - back] ?? 0;
    if (octet < 0x80) return 0;
    if (octet >= 0xc0) return sequenceLength(octet) > back ? back : 0;
  }
  return 0;
}

function sequenceLength(lead: number): number {
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  return lead >= 0xf0 && lead < 0xf5 ? 4 : 1;
}

function decodeMixed(octets: Buffer): string {
  if (octets.length === 0) return '';
  if (isUtf8(octets)) return octets.toString('utf8');
  let text = '';
  /** Where valid UTF-8 began that is not yet in `text`. */
  let from = 0;
  for (let at = 0; at < octets.length; ) {
    const lead = octets[at] ?? 0;
    const length = lead < 0x80 ? 1 : sequenceLength(lead);
    if (lead < 0x80 || (length > 1 && isUtf8(octets.subarray(at, at + length)))) {
      at += length;
      continue;
    }
    text += octets.toString('utf8', from, at) + WINDOWS_1252.charAt(lead);
    from = ++at;
  }
  return text + octets.toString('utf8', from);
}
