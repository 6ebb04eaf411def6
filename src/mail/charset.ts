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
    decoder = createDecoder(
      marked ?? label ?? (asksText ? (xmlCharset(start) ?? metaCharset(start)) : null),
      charset,
    );
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

/**
 * By which charsets a text is to be read that names this one: two where programs take the octets of a letter in either
 * order (RFC 2781 §4.3), so that each sees another text.
 */
export function readingsOf(charset: string | null): readonly (string | null)[] {
  const isEither =
    charset !== null && /^(?:cs)?(?:utf[-_]?16|unicode|ucs-?2|iso-10646-ucs-2)$/.test(plainLabel(charset));
  return isEither ? ['utf-16le', 'utf-16be'] : [charset];
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
    /utf[-_]?7|^hz|utf-?32|ucs-?4|^scsu|^bocu|ebcdic/.test(label) ||
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
  [/^(?:cs)?iso-?2022-?jp.+$/, 'iso-2022-jp'],
  [/^(?:x-)?cp5022[0-2]$/, 'iso-2022-jp'],
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

/** HTML Standard, "prescan a byte stream": an XML declaration in UTF-16 needs no mark. */
function xmlCharset(start: Buffer): string | null {
  const text = start.toString('latin1', 0, 6);
  if (text === '<\0?\0x\0') return 'utf-16le';
  return text === '\0<\0?\0x' ? 'utf-16be' : null;
}

/** As a document names its charset in its first lines; null: it does not. */
export function charsetInMarkup(text: string): string | null {
  const found = /<meta\b[^>]{0,500}?\bcharset\s{0,9}=\s{0,9}["']?\s{0,9}([\w.:-]{1,40})/i.exec(
    text.slice(0, PRESCAN_BYTES),
  );
  return found?.[1] ?? null;
}

function metaCharset(start: Buffer): string | null {
  const found = charsetInMarkup(start.toString('latin1'));
  const encoding = found === null ? null : encodingOf(found);
  // A meta element that is read octet by octet cannot be UTF-16; so says the HTML Standard, too.
  return encoding?.startsWith('utf-16') ? null : encoding;
}

/** UTF-8 is read by hand, too: what is not valid in it is rather some other charset than nothing. */
function createDecoder(encoding: string | null, named: string | null): CharsetDecoder {
  const shifted = encoding === null && named !== null ? shiftedCharset(plainLabel(named)) : null;
  if (shifted !== null) return createShiftDecoder(shifted);
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

/** RFC 1557, RFC 1922: charsets that browsers no longer know and some mail programs do, by what they are without shifts. */
function shiftedCharset(label: string): string | null {
  if (/^(?:cs)?iso-?2022-?kr/.test(label)) return 'euc-kr';
  return /^(?:x-)?(?:cs)?iso-?2022-?cn/.test(label) ? 'gbk' : null;
}

const SHIFT_OUT = 0x0e;
const SHIFT_IN = 0x0f;

/** Between the shifts the octets are those of the plain charset without their highest bit. */
function createShiftDecoder(plain: string): CharsetDecoder {
  const decoder = new TextDecoder(plain);
  let isOut = false;
  return {
    write(octets) {
      const all = Buffer.allocUnsafe(octets.length);
      let filled = 0;
      for (const octet of octets) {
        if (octet === SHIFT_OUT || octet === SHIFT_IN) isOut = octet === SHIFT_OUT;
        else all[filled++] = isOut && octet > 0x20 ? octet | 0x80 : octet;
      }
      return decoder.decode(all.subarray(0, filled), { stream: true });
    },
    end: () => decoder.decode(),
  };
}
