/** Reads Content-Transfer-Encoding (RFC 2045 §6). */
import type { TransferEncoding } from './part.ts';

const KNOWN: Readonly<Record<string, TransferEncoding>> = {
  '': '7bit',
  '7bit': '7bit',
  '8bit': '8bit',
  binary: 'binary',
  base64: 'base64',
  'quoted-printable': 'quoted-printable',
  uuencode: 'uuencode',
  'x-uuencode': 'uuencode',
  'x-uue': 'uuencode',
  uue: 'uuencode',
};

/** Wrong words that mean no encoding, as real mail has them: misspelt, a charset, a type, the name of a mailing service. */
const MEANS_NONE =
  /^(?:[78][- ]?bits?|none|plain|text|text\/(?:plain|html)|(?:us-)?ascii|utf-?8|iso-?8859-\d{1,2}|windows-125\d|amazonses\.com)$/;

export function readTransferEncoding(value: string): TransferEncoding {
  const text = value.slice(0, 1_000).trim().toLowerCase();
  const known = Object.hasOwn(KNOWN, text) ? KNOWN[text] : undefined;
  if (known !== undefined) return known;
  // Behind an encoding that is none, anything may follow: `7bit;`, `8bit (…)`.
  const [word = ''] = text.split(/[\s;(]/);
  return MEANS_NONE.test(text) || MEANS_NONE.test(word) || word === 'binary' ? '8bit' : 'unknown';
}
