/** Structures that two readers read in two ways, and such as nobody needs. In each a link hides that one of the readings shows. */
import {
  type Build,
  base64,
  between,
  CRLF,
  entity,
  head,
  lines,
  message,
  multipart,
  quotedPrintable,
  text,
} from './build-message.ts';
import type { Case } from './sample.ts';

const HIDDEN = lines('Sila muat turun: https://www.moh.example/fail');
const NOTE = text('plain', 'Sila lihat.\r\n', { encoding: '7bit' });
const HTML = text('html', '<p>Sila lihat.</p>\r\n', { encoding: '7bit' });
const PARTS = between('a', [NOTE, HTML]);

/** The whole message has these MIME fields and this body. */
const whole =
  (fields: readonly string[], body = HIDDEN): Build =>
  (who) =>
    [...head(who, 'Struktur'), 'MIME-Version: 1.0', ...fields, '', body].join(CRLF);
/** One part of it has. */
const within =
  (fields: readonly string[], body = HIDDEN): Build =>
  (who) =>
    message(head(who, 'Struktur'), multipart('mixed', 'luar', [NOTE, entity(fields, body)]));

const MIXED = 'Content-Type: multipart/mixed; boundary="a"';
const PLAIN = 'Content-Type: text/plain; charset=us-ascii';
const mixed = (parameters: string): string => `Content-Type: multipart/mixed${parameters}`;
const cte = (value: string): string => `Content-Transfer-Encoding: ${value}`;

const AMBIGUOUS: readonly (readonly [string, Build])[] = [
  ['two types: a container, then text', whole([MIXED, PLAIN], PARTS)],
  ['two types: text, then a container', whole([PLAIN, MIXED], PARTS)],
  [
    'two types in a part',
    within(['Content-Type: text/html', PLAIN], '<a href="https://www.moh.example/">x</a>'),
  ],
  ['two types, one in other letters', whole([PLAIN, 'content-TYPE: multipart/mixed; boundary="a"'], PARTS)],
  [
    'two containers with two boundaries',
    whole([MIXED, 'Content-Type: multipart/mixed; boundary="b"'], PARTS),
  ],
  ['two encodings', within([PLAIN, cte('base64'), cte('7bit')], base64(HIDDEN))],
  ['two encodings in the head', whole([PLAIN, cte('7bit'), cte('base64')], base64(HIDDEN))],
  [
    'two dispositions',
    within([
      PLAIN,
      'Content-Disposition: inline; filename="a.txt"',
      'Content-Disposition: attachment; filename="b.txt"',
    ]),
  ],
  ['two boundaries', whole([mixed('; boundary="a"; boundary="b"')], PARTS)],
  ['two boundaries, one by RFC 2231', whole([mixed(`; boundary="b"; boundary*=us-ascii''a`)], PARTS)],
  ['a boundary in pieces', whole([mixed('; boundary*0="a"; boundary="b"')], PARTS)],
  ['two boundaries, one in capitals', whole([mixed('; boundary="b"; BOUNDARY="a"')], PARTS)],
  ['two charsets', whole(['Content-Type: text/html; charset=us-ascii; charset=utf-16'], '<p>x</p>')],
  ['a type without its semicolon', whole(['Content-Type: multipart/mixed boundary="a"'], PARTS)],
  ['a type with a blank in it', whole(['Content-Type: multipart /mixed; boundary="a"'], PARTS)],
  ['a type in quotes', whole(['Content-Type: "multipart/mixed"; boundary="a"'], PARTS)],
  ['a type with a comment in it', whole(['Content-Type: multi(x)part/mixed; boundary="a"'], PARTS)],
  ['a type with a comma', whole(['Content-Type: text/plain, multipart/mixed; boundary="a"'], PARTS)],
  ['a container of no kind', whole(['Content-Type: multipart/; boundary="a"'], PARTS)],
  ['an encoded type', whole([`Content-Type: =?us-ascii?Q?multipart/mixed?=; boundary="a"`], PARTS)],
  ['an open quotation mark', whole([mixed('; boundary="a')], PARTS)],
  ['no boundary', whole([mixed('')], PARTS)],
  ['an empty boundary', whole([mixed('; boundary=""')], between('', [NOTE, HTML]))],
  [
    'a boundary of 71 characters',
    whole([mixed(`; boundary="${'x'.repeat(71)}"`)], between('x'.repeat(71), [NOTE, HTML])),
  ],
  [
    'a boundary of 200 characters',
    whole([mixed(`; boundary="${'y'.repeat(200)}"`)], between('y'.repeat(200), [NOTE, HTML])),
  ],
  ['a boundary that ends with a blank', whole([mixed('; boundary="a "')], between('a ', [NOTE, HTML]))],
  [
    'a boundary with octets above 127',
    whole([mixed('; boundary="caf\xe9"')], between('caf\xe9', [NOTE, HTML])),
  ],
  ['a boundary with a quoted pair', whole([mixed('; boundary="a\\"b"')], between('a"b', [NOTE, HTML]))],
  ['a boundary with a backslash', whole([mixed('; boundary="a\\b"')], between('a\\b', [NOTE, HTML]))],
  ['a boundary with a tab', whole([mixed('; boundary="a\tb"')], between('a\tb', [NOTE, HTML]))],
  ['an encoded boundary', whole([mixed('; boundary="=?us-ascii?Q?a?="')], PARTS)],
  ['a percent-encoded boundary', whole([mixed(`; boundary*=us-ascii''%61`)], PARTS)],
  ['a boundary with a comment behind it', whole([mixed('; boundary=a(x)')], PARTS)],
  [
    'a container with the boundary of its parent',
    whole([MIXED], between('a', [NOTE, multipart('alternative', 'a', [NOTE, HTML])])),
  ],
  [
    'a boundary that begins that of its parent',
    whole(
      [mixed('; boundary="luar-dalam"')],
      between('luar-dalam', [NOTE, multipart('alternative', 'luar', [NOTE, HTML])]),
    ),
  ],
  [
    'a boundary that its parent begins',
    whole(
      [mixed('; boundary="luar"')],
      between('luar', [NOTE, multipart('alternative', 'luar-dalam', [NOTE, HTML])]),
    ),
  ],
  ['an encoded container, base64', whole([MIXED, cte('base64')], base64(PARTS))],
  [
    'an encoded container, quoted-printable',
    whole([MIXED, cte('quoted-printable')], quotedPrintable(PARTS).replaceAll('--a', '=2D=2Da')),
  ],
  ['an encoded container that is not', whole([MIXED, cte('base64')], PARTS)],
  [
    'an encoded container within',
    within(['Content-Type: multipart/alternative; boundary="a"', cte('base64')], base64(PARTS)),
  ],
  ['an unknown encoding', within([PLAIN, cte('x-rot13')])],
  ['two encodings in one field', within([PLAIN, cte('7bit, base64')], base64(HIDDEN))],
  ['an encoding with a blank in it', within([PLAIN, cte('base 64')], base64(HIDDEN))],
  ['an encoded encoding', within([PLAIN, cte('=?us-ascii?Q?base64?=')], base64(HIDDEN))],
  ['a compressed encoding', within([PLAIN, cte('gzip64')], base64(HIDDEN))],
  [
    'text behind the padding of base64',
    within(['Content-Type: text/plain', cte('base64')], `${base64('Selamat pagi.')}\r\n${base64(HIDDEN)}`),
  ],
  [
    'padding in the middle of base64',
    within(
      ['Content-Type: application/octet-stream; name="a.bin"', cte('base64')],
      `${base64('abcd')}${base64(HIDDEN)}`,
    ),
  ],
  [
    'base64 of the URL kind',
    within(['Content-Type: text/plain', cte('base64')], `${'-_'.repeat(30)}\r\n${base64(HIDDEN)}`),
  ],
  [
    'text between lines of base64',
    within(
      ['Content-Type: text/html', cte('base64')],
      `${base64(HIDDEN)}\r\n<a href="x">*</a>\r\n${base64(HIDDEN)}`,
    ),
  ],
  [
    'a fragment of a message',
    whole(
      ['Content-Type: message/partial; id="abc@moh.example"; number=1; total=2'],
      lines('Subject: x', '', 'x'),
    ),
  ],
  ['a fragment within', within(['Content-Type: message/partial; id="abc@moh.example"; number=2; total=2'])],
  [
    'content that lies elsewhere',
    within(
      ['Content-Type: message/external-body; access-type=URL; URL="https://www.moh.example/x"'],
      lines('Content-Type: text/plain', ''),
    ),
  ],
  [
    'content that lies elsewhere, by FTP',
    whole(
      ['Content-Type: message/external-body; access-type=anon-ftp; site="ftp.moh.example"; name="a.exe"'],
      lines('Content-Type: text/plain', ''),
    ),
  ],
  [
    'a line in the header of a part that is no field',
    within([`Content-Type: text/plain${CRLF}ini bukan medan${CRLF}Content-Disposition: attachment`]),
  ],
  ['a blank before the colon', within(['Content-Type : text/html'], '<p>x</p>')],
  [
    'a line of blanks in the header',
    within([`X-Nota: satu${CRLF}  ${CRLF}Content-Type: text/html`], '<p>x</p>'),
  ],
  ['a field that begins a part folded', within([' Content-Type: text/html'], '<p>x</p>')],
  [
    'text in UTF-7',
    whole(
      ['Content-Type: text/html; charset=utf-7'],
      lines('+ADw-a href+AD0AIg-https://www.moh.example/+ACIAPg-x+ADw-/a+AD4-'),
    ),
  ],
  [
    'text in the UTF-7 of IMAP',
    within(['Content-Type: text/html; charset=x-imap4-modified-utf7'], '<p>x</p>'),
  ],
  ['text in HZ', within(['Content-Type: text/html; charset=hz-gb-2312'], '~{<:Ky2;~}<p>x</p>')],
  [
    'text in EBCDIC',
    within(
      ['Content-Type: text/html; charset=cp037', cte('base64')],
      base64(Buffer.from('4c974ea74c61976e', 'hex')),
    ),
  ],
  [
    'text in UTF-7 under another name',
    within(['Content-Type: text/html; charset=x-unicode-2-0-utf-7'], '+ADw-p+AD4-'),
  ],
];

function nest(depth: number, type: 'container' | 'letter'): Build {
  return (who) => {
    let inner = NOTE;
    for (let level = 0; level < depth; level++) {
      inner =
        type === 'container'
          ? multipart('mixed', `t${level}z`, [inner])
          : entity(
              ['Content-Type: message/rfc822'],
              `Subject: ${level}${CRLF}MIME-Version: 1.0${CRLF}${inner}`,
            );
    }
    return message(head(who, 'Bersarang'), inner);
  };
}

const COMPLEX: readonly (readonly [string, Build])[] = [
  ['containers in containers without end', nest(60, 'container')],
  ['letters in letters without end', nest(60, 'letter')],
  ['a thousand containers deep', nest(1_000, 'container')],
  [
    '1,100 parts',
    (who) =>
      message(
        head(who, 'Bahagian'),
        multipart(
          'mixed',
          'banyak',
          Array.from({ length: 1_100 }, () => NOTE),
        ),
      ),
  ],
  [
    '20,000 empty parts',
    (who) =>
      message(
        head(who, 'Kosong'),
        entity(['Content-Type: multipart/mixed; boundary="k"'], `${'--k\r\n\r\n'.repeat(20_000)}--k--\r\n`),
      ),
  ],
  ['1,100 header lines in a part', within([PLAIN, ...Array.from({ length: 1_100 }, (_, n) => `X-${n}: a`)])],
  [
    'a part with 120 kB of header',
    within([
      PLAIN,
      `X-Panjang: ${Array.from({ length: 1_700 }, () => 'a'.repeat(70))
        .join(`${CRLF} `)
        .slice(0, 120_000)}`,
    ]),
  ],
  [
    'a type of thousands of parameters',
    within([
      `Content-Type: text/plain${Array.from({ length: 2_000 }, (_, n) => `;${CRLF} p${n}=1`).join('')}`.slice(
        0,
        30_000,
      ),
    ]),
  ],
];

export const STRUCTURE_CASES: readonly Case[] = [
  ...AMBIGUOUS.map(
    ([name, build]): Case => ({ name: `structure: ${name}`, reason: 'structure', where: 'door', build }),
  ),
  ...COMPLEX.map(
    ([name, build]): Case => ({ name: `too complex: ${name}`, reason: 'too-complex', where: 'door', build }),
  ),
];
