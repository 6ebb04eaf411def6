/**
 * Encoded words (RFC 2047) in the value of a header field. Read as mail programs read them, which is more than the RFC
 * allows: longer than 75, with spaces in them, inside quotes, a letter's octets spread over two of them.
 */
import { decodeOctets } from '../charset.ts';

interface Word {
  readonly charset: string;
  readonly octets: Buffer;
  /** Behind its `?=`. */
  readonly end: number;
}

const LONGEST_CHARSET = 80;

/** `raw`: octets as Latin-1. What is no encoded word is UTF-8 where it can be (RFC 6532 §3.2), else windows-1252. */
export function decodeEncodedWords(raw: string): string {
  let text = '';
  let at = 0;
  let words: Word[] = [];
  const flush = (): void => {
    const [first] = words;
    if (first) text += decodeOctets(Buffer.concat(words.map(({ octets }) => octets)), first.charset);
    words = [];
  };
  for (let from = 0; ; ) {
    const start = raw.indexOf('=?', from);
    const word = start < 0 ? null : readWord(raw, start);
    if (word === null) break;
    if (word === 'none') {
      from = start + 2;
      continue;
    }
    const between = raw.slice(at, start);
    // RFC 2047 §6.2: white space between two of them is no text.
    const joined = words.length > 0 && between.trim() === '';
    if (!joined || words[0]?.charset !== word.charset) flush();
    if (!joined) text += decodeRaw(between);
    words.push(word);
    at = word.end;
    from = at;
  }
  flush();
  return text + decodeRaw(raw.slice(at));
}

export function decodeRaw(raw: string): string {
  return /[^\x00-\x7f]/.test(raw) ? decodeOctets(Buffer.from(raw, 'latin1'), null) : raw;
}

/** Null: here is none, and further on neither. */
function readWord(raw: string, start: number): Word | 'none' | null {
  const charsetEnd = raw.indexOf('?', start + 2);
  if (charsetEnd < 0) return null;
  const encoding = raw.charAt(charsetEnd + 1).toLowerCase();
  const length = charsetEnd - start - 2;
  if (length < 1 || length > LONGEST_CHARSET || !/[bq]/.test(encoding) || raw[charsetEnd + 2] !== '?') {
    return 'none';
  }
  const end = raw.indexOf('?=', charsetEnd + 3);
  if (end < 0) return null;
  const text = raw.slice(charsetEnd + 3, end);
  // RFC 2231 §5: a language may follow the charset.
  const charset = raw
    .slice(start + 2, charsetEnd)
    .replace(/\*.*$/s, '')
    .toLowerCase();
  const octets = encoding === 'b' ? Buffer.from(text, 'base64') : decodeQ(text);
  return { charset, octets, end: end + 2 };
}

function decodeQ(text: string): Buffer {
  const octets = text
    .replaceAll('_', ' ')
    .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(octets, 'latin1');
}
