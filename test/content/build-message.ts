/**
 * Raw messages, octet for octet, without a library: what is hostile must arrive as it is written. Text here is Latin-1, one
 * character an octet; `utf8` turns characters into such text. Lines end with CR LF.
 */

/** Who writes to whom; `id` makes the message one of its kind (Message-ID, boundaries). */
export interface Who {
  readonly from: string;
  readonly to: string;
  readonly id: string;
}

/** Header and body, Latin-1. */
export type Build = (who: Who) => string;

export const CRLF = '\r\n';

export const utf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
export const octets = (message: string): Buffer => Buffer.from(message, 'latin1');
export const lines = (...all: readonly string[]): string => all.join(CRLF) + CRLF;

const DATE = 'Tue, 24 Nov 2026 09:41:12 +0800';

/** The fields that every honest message has. `name`: as it stands before the address. */
export function head(who: Who, subject: string, name = '', date = DATE): string[] {
  const { from, to, id } = who;
  return [
    `From: ${name === '' ? from : `${name} <${from}>`}`,
    `To: <${to}>`,
    `Subject: ${subject}`,
    `Date: ${date}`,
    `Message-ID: <${id}@${from.split('@')[1]}>`,
  ];
}

/** Fields, an empty line, a body: a message, or one part of one. */
export function entity(fields: readonly string[], body: string): string {
  return [...fields, '', body].join(CRLF);
}

/** A message whose first part is `part`: its fields follow ours. */
export function message(fields: readonly string[], part: string): string {
  const whole = [...fields, 'MIME-Version: 1.0', part].join(CRLF);
  return whole.endsWith(CRLF) ? whole : whole + CRLF;
}

export function multipart(
  subtype: string,
  boundary: string,
  parts: readonly string[],
  parameters = '',
): string {
  const type = `Content-Type: multipart/${subtype}; boundary="${boundary}"${parameters}`;
  return entity([type], between(boundary, parts));
}

/** Delimited parts, the close delimiter included. */
export function between(boundary: string, parts: readonly string[]): string {
  return `${parts.map((part) => `--${boundary}${CRLF}${part}${CRLF}`).join('')}--${boundary}--${CRLF}`;
}

export interface TextOptions {
  readonly charset?: string;
  readonly encoding?: '7bit' | '8bit' | 'quoted-printable' | 'base64';
  readonly parameters?: string;
}

/** `body` is in octets of the charset already. */
export function text(subtype: string, body: string, options: TextOptions = {}): string {
  const { charset = 'utf-8', encoding = '8bit', parameters = '' } = options;
  return entity(
    [
      `Content-Type: text/${subtype}; charset=${charset}${parameters}`,
      `Content-Transfer-Encoding: ${encoding}`,
    ],
    encoded(body, encoding),
  );
}

export function encoded(body: string, encoding: string): string {
  if (encoding === 'base64') return base64(body);
  return encoding === 'quoted-printable' ? quotedPrintable(body) : body;
}

export function base64(content: string | Buffer, width = 76): string {
  const octetsOf = typeof content === 'string' ? octets(content) : content;
  const whole = octetsOf.toString('base64');
  const rows: string[] = [];
  for (let at = 0; at < whole.length; at += width) rows.push(whole.slice(at, at + width));
  return rows.join(CRLF);
}

/** RFC 2045 §6.7, lines of at most 76 characters. */
export function quotedPrintable(body: string): string {
  return body.split(CRLF).map(quotedLine).join(CRLF);
}

function quotedLine(line: string): string {
  const rows: string[] = [];
  let row = '';
  for (let at = 0; at < line.length; at++) {
    const octet = line.charCodeAt(at);
    const isBlank = octet === 32 || octet === 9;
    const isLast = at === line.length - 1;
    const plain = (octet > 32 && octet < 127 && octet !== 61) || (isBlank && !isLast);
    const next = plain ? (line[at] ?? '') : `=${octet.toString(16).toUpperCase().padStart(2, '0')}`;
    if (row.length + next.length > 75) {
      rows.push(`${row}=`);
      row = '';
    }
    row += next;
  }
  return [...rows, row].join(CRLF);
}

export interface FileOptions {
  readonly type?: string;
  readonly disposition?: string;
  readonly encoding?: string;
  /** The `name` of the type; absent: as the file name. */
  readonly fields?: readonly string[];
}

/** An attachment in base64, as most clients write it. */
export function file(name: string, content: string | Buffer, options: FileOptions = {}): string {
  const { type = 'application/octet-stream', disposition = 'attachment', fields = [] } = options;
  return entity(
    [
      `Content-Type: ${type}; name="${name}"`,
      'Content-Transfer-Encoding: base64',
      `Content-Disposition: ${disposition}; filename="${name}"`,
      ...fields,
    ],
    base64(content),
  );
}

/** RFC 2047: words of a header field, each at most 45 octets, cut between characters. */
export function encodedWords(words: string, kind: 'B' | 'Q' = 'B'): string {
  const pieces: string[] = [];
  let piece = '';
  for (const character of words) {
    if (Buffer.byteLength(piece + character) > (kind === 'B' ? 39 : 15)) {
      pieces.push(piece);
      piece = '';
    }
    piece += character;
  }
  if (piece !== '') pieces.push(piece);
  return pieces
    .map(
      (each) => `=?UTF-8?${kind}?${kind === 'B' ? Buffer.from(each).toString('base64') : quotedWord(each)}?=`,
    )
    .join(`${CRLF} `);
}

function quotedWord(word: string): string {
  return [...Buffer.from(word)]
    .map((octet) => {
      if (octet === 32) return '_';
      const character = String.fromCharCode(octet);
      return /[A-Za-z0-9]/.test(character)
        ? character
        : `=${octet.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

/** RFC 2231: percent-encoded with its charset. */
export function extended(value: string): string {
  return `utf-8''${encodeURIComponent(value).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)}`;
}

/** Uuencoded lines with begin and end. */
export function uuencode(name: string, content: Buffer): string {
  const rows: string[] = [`begin 644 ${name}`];
  for (let at = 0; at < content.length; at += 45) {
    const piece = content.subarray(at, at + 45);
    let row = uuCharacter(piece.length);
    for (let i = 0; i < piece.length; i += 3) {
      const [a = 0, b = 0, c = 0] = piece.subarray(i, i + 3);
      row += uuCharacter(a >> 2) + uuCharacter(((a & 3) << 4) | (b >> 4));
      row += uuCharacter(((b & 15) << 2) | (c >> 6)) + uuCharacter(c & 63);
    }
    rows.push(row);
  }
  return [...rows, '`', 'end'].join(CRLF);
}

const uuCharacter = (value: number): string => (value === 0 ? '`' : String.fromCharCode(32 + value));
