/** Old and ugly, but honest: 8-bit headers, rare charsets, missing marks, programs of the nineties. Faults that hide nothing. */
import { pdf, png } from './build-documents.ts';
import {
  base64,
  between,
  CRLF,
  entity,
  file,
  head,
  lines,
  message,
  multipart,
  quotedPrintable,
  text,
  utf8,
  uuencode,
} from './build-message.ts';
import { ascii, markup, PEOPLE, pick, plain, topicOf } from './honest-texts.ts';
import type { Honest } from './sample.ts';

/** "Mesyuarat" and a greeting, in octets of each charset. */
const CHARSETS: readonly (readonly [string, string, ('8bit' | 'quoted-printable' | 'base64' | '7bit')?])[] = [
  ['windows-1252', 'Caf\xe9 \x80 100 \x96 \x93baik\x94'],
  ['iso-8859-1', 'na\xefve r\xe9sum\xe9'],
  ['ISO-8859-15', 'Harga: 10 \xa4'],
  ['gb2312', '\xc4\xe3\xba\xc3\xa3\xac\xbb\xe1\xd2\xe9'],
  ['GBK', '\xc4\xfa\xba\xc3\xa3\xac\xd5\x9c'],
  ['gb18030', '\xc4\xfa\xba\xc3'],
  ['big5', '\xa7A\xa6n\xa1A\xb7|\xc4\xb3'],
  ['shift_jis', '\x82\xb1\x82\xf1\x82\xc9\x82\xbf\x82\xcd'],
  ['euc-kr', '\xbe\xc8\xb3\xe7\xc7\xcf\xbc\xbc\xbf\xe4'],
  ['iso-2022-jp', '\x1b$B$3$s$K$A$O\x1b(B', '7bit'],
  ['koi8-r', '\xf0\xd2\xc9\xd7\xc5\xd4'],
  ['windows-1256', '\xe3\xd1\xcd\xc8\xc7'],
  ['windows-874', '\xca\xc7\xd1\xca\xb4\xd5'],
  ['iso-8859-6', '\xe3\xd1\xcd\xc8\xc7'],
  ['utf-16le', Buffer.from('Selamat pagi, 你好', 'utf16le').toString('latin1'), 'base64'],
  ['utf-16', `\xff\xfe${Buffer.from('Selamat petang', 'utf16le').toString('latin1')}`, 'base64'],
  ['utf8', utf8('Selamat – pagi')],
  ['unknown-8bit', 'Caf\xe9'],
  ['x-user-defined', 'Caf\xe9'],
  ['ansi_x3.4-1968', 'Selamat pagi', '7bit'],
  ['us-ascii', 'Caf\xe9 walaupun kata ASCII'],
  ['iso-8859-8-i', '\xf9\xec\xe5\xed'],
];

const IN_CHARSETS: readonly Honest[] = CHARSETS.flatMap(
  ([charset, words, encoding = '8bit'], n) =>
    [
      {
        name: `text in ${charset}`,
        build: (who) =>
          message(
            head(who, topicOf(n).subject),
            text('plain', encoding === 'base64' ? words : lines(words, '', ascii(n)), { charset, encoding }),
          ),
      },
      ...(encoding === 'base64'
        ? []
        : [
            {
              name: `HTML in ${charset}`,
              build: (who) =>
                message(
                  head(who, topicOf(n).subject),
                  text(
                    'html',
                    `<html><head><meta http-equiv="Content-Type" content="text/html; charset=${charset}"></head><body><p>${words}</p></body></html>${CRLF}`,
                    {
                      charset: `"${charset}"`,
                      encoding: n % 2 && encoding !== '7bit' ? 'quoted-printable' : encoding,
                    },
                  ),
                ),
            } satisfies Honest,
          ]),
    ] satisfies Honest[],
);

const HEADERS: readonly Honest[] = Array.from(
  { length: 8 },
  (_, n): Honest => ({
    name: `octets above 127 in the header (${n})`,
    build: (who) =>
      message(
        [
          ...head(
            who,
            pick(
              [
                utf8('Mesyuarat – esok'),
                'Caf\xe9 di Jalan Tun',
                '\xbb\xe1\xd2\xe9\xcd\xa8\xd6\xaa',
                utf8('السلام عليكم'),
              ],
              n,
            ),
          ),
          `X-Nota: ${utf8('nombor № ')}${n}`,
        ],
        n % 2
          ? text('plain', plain(n))
          : multipart('mixed', `lapan${n}`, [
              text('plain', plain(n)),
              file(utf8(`résumé${n}.pdf`), pdf(`Lapan ${n}`), { type: 'application/pdf' }),
            ]),
      ),
  }),
);

const bare = (fields: readonly string[], body: string): string => [...fields, '', body].join(CRLF);

const WITHOUT_MIME: readonly Honest[] = [
  ...Array.from(
    { length: 5 },
    (_, n): Honest => ({
      name: `no MIME fields at all (${n})`,
      build: (who) => bare(head(who, topicOf(n).subject, pick(PEOPLE, n)), ascii(n)),
    }),
  ),
  ...Array.from(
    { length: 4 },
    (_, n): Honest => ({
      name: `8-bit text without MIME fields (${n})`,
      build: (who) =>
        bare(head(who, topicOf(n).subject), n % 2 ? plain(n, 'naïve – café') : `Caf\xe9 ${n}${CRLF}`),
    }),
  ),
  ...Array.from(
    { length: 4 },
    (_, n): Honest => ({
      name: `a type without MIME-Version (${n})`,
      build: (who) =>
        bare(
          head(who, topicOf(n).subject).concat(
            n % 2 ? 'Content-Type: text/html; charset=utf-8' : 'Content-Type: text/plain; charset="utf-8"',
          ),
          n % 2 ? `<html>${markup(n)}</html>${CRLF}` : plain(n),
        ),
    }),
  ),
  ...Array.from(
    { length: 3 },
    (_, n): Honest => ({
      name: `several parts without MIME-Version (${n})`,
      build: (who) =>
        [
          ...head(who, topicOf(n).subject),
          multipart('mixed', `tiada-versi${n}`, [
            text('plain', plain(n)),
            file(`a${n}.png`, png(2, 2, n), { type: 'image/png' }),
          ]),
        ].join(CRLF),
    }),
  ),
];

const open = (whole: string): string => whole.slice(0, whole.lastIndexOf('\r\n--') + 2);

const UNCLOSED: readonly Honest[] = [
  ...Array.from(
    { length: 6 },
    (_, n): Honest => ({
      name: `the close delimiter is missing (${n})`,
      build: (who) =>
        open(
          message(
            head(who, topicOf(n).subject),
            multipart('mixed', `terbuka${n}`, [
              text('plain', plain(n)),
              n % 2
                ? file(`gambar${n}.png`, png(3, 3, n), { type: 'image/png' })
                : text('html', `<p>Baris ${n}</p>`),
            ]),
          ),
        ),
    }),
  ),
  ...Array.from(
    { length: 3 },
    (_, n): Honest => ({
      name: `the inner close delimiter is missing (${n})`,
      build: (who) =>
        message(
          head(who, topicOf(n).subject),
          multipart('mixed', `luar-terbuka${n}`, [
            open(
              multipart('alternative', `dalam-terbuka${n}`, [
                text('plain', plain(n)),
                text('html', `<p>${n}</p>`),
              ]),
            ),
            file(`g${n}.png`, png(3, 3, n), { type: 'image/png' }),
          ]),
        ),
    }),
  ),
];

const BROKEN: readonly Honest[] = [
  ...['Lama Punya Fail.pdf', 'minit mesyuarat 3.pdf', 'a,b.pdf'].map(
    (name): Honest => ({
      name: `a file name without quotes: ${name}`,
      build: (who) =>
        message(
          head(who, 'Fail lama'),
          multipart('mixed', 'tanpapetik', [
            text('plain', ascii(2), { charset: 'us-ascii', encoding: '7bit' }),
            entity(
              [
                `Content-Type: application/pdf; name=${name}`,
                'Content-Transfer-Encoding: base64',
                `Content-Disposition: attachment; filename=${name}`,
              ],
              base64(pdf('Lama')),
            ),
          ]),
        ),
    }),
  ),
  ...['tanpa.petik', '=_abc/def', '----_=_NextPart_001_01C4.A5B6', 'a:b', 'dengan?tanda'].map(
    (boundary, n): Honest => ({
      name: `a boundary without quotes: ${boundary}`,
      build: (who) =>
        message(
          head(who, topicOf(n).subject),
          entity(
            [`Content-Type: multipart/mixed; boundary=${boundary}`],
            between(boundary, [
              text('plain', ascii(n), { charset: 'us-ascii', encoding: '7bit' }),
              text('html', '<p>ok</p>', { charset: 'us-ascii', encoding: '7bit' }),
            ]),
          ),
        ),
    }),
  ),
  { name: 'an empty body', build: (who) => bare(head(who, 'Tiada teks'), '') },
  {
    name: 'an empty HTML body',
    build: (who) => message(head(who, 'Kosong'), text('html', '', { encoding: '7bit' })),
  },
  {
    name: 'an empty part',
    build: (who) =>
      message(
        head(who, 'Kosong juga'),
        multipart('mixed', 'kosong', [text('plain', ''), text('plain', ascii(1))]),
      ),
  },
  {
    name: 'an empty file',
    build: (who) =>
      message(
        head(who, 'Fail kosong'),
        multipart('mixed', 'failkosong', [
          text('plain', ascii(1)),
          file('kosong.txt', '', { type: 'text/plain' }),
        ]),
      ),
  },
  {
    name: 'a container of one part',
    build: (who) => message(head(who, 'Satu sahaja'), multipart('mixed', 'satu', [text('plain', ascii(4))])),
  },
  {
    name: 'a container without parts',
    build: (who) =>
      message(
        head(who, 'Tiada bahagian'),
        entity(
          ['Content-Type: multipart/mixed; boundary="tiada"'],
          lines('Teks di tempat yang salah.', '', '--tiada--'),
        ),
      ),
  },
  {
    name: 'a line of 20,000 octets',
    build: (who) =>
      message(
        head(who, 'Baris panjang'),
        text('html', `<html><body>${'<td>lajur</td> '.repeat(1_400)}</body></html>\r\n`, {
          encoding: '8bit',
        }),
      ),
  },
  {
    name: 'blank lines and dots',
    build: (who) =>
      message(
        head(who, 'Titik'),
        text('plain', lines('.', '..', '', '.titik', '  ', '', 'tamat.'), { encoding: '7bit' }),
      ),
  },
  {
    name: 'signature dashes and mail quotes',
    build: (who) =>
      message(
        head(who, 'Petikan'),
        text('plain', lines('> Apa khabar?', '> > Baik', 'Baik', '-- ', 'Siti', '--Kerani--', '--'), {
          encoding: '7bit',
        }),
      ),
  },
  {
    name: 'the type in capitals, a charset in mixed case',
    build: (who) =>
      message(
        head(who, 'HURUF BESAR'),
        entity(['CONTENT-TYPE: TEXT/PLAIN; CHARSET="Us-Ascii"', 'CONTENT-TRANSFER-ENCODING: 7BIT'], ascii(3)),
      ),
  },
  {
    name: 'a type of one word',
    build: (who) => message(head(who, 'Satu kata'), entity(['Content-Type: text'], ascii(5))),
  },
  {
    name: 'a type with a stray semicolon',
    build: (who) =>
      message(head(who, 'Titik koma'), entity(['Content-Type: text/plain; charset=us-ascii;'], ascii(6))),
  },
  {
    name: 'an empty charset',
    build: (who) =>
      message(head(who, 'Set aksara'), entity(['Content-Type: text/plain; charset='], ascii(7))),
  },
  {
    name: 'a type with a comment',
    build: (who) =>
      message(
        head(who, 'Ulasan'),
        entity(['Content-Type: text/plain; charset=us-ascii (Plain text)'], ascii(8)),
      ),
  },
  {
    name: 'a folded type',
    build: (who) =>
      message(
        head(who, 'Lipat'),
        entity(
          ['Content-Type:', '\tmultipart/mixed;', '  boundary="lipat-x"'],
          between('lipat-x', [text('plain', ascii(9))]),
        ),
      ),
  },
  {
    name: 'lower-case quoted-printable, blanks at the ends of lines',
    build: (who) =>
      message(
        head(who, 'Huruf kecil'),
        entity(
          ['Content-Type: text/plain; charset=iso-8859-1', 'Content-Transfer-Encoding: quoted-printable'],
          lines('Caf=e9 di sana   ', 'tamat =20', `${quotedPrintable('baris = lagi')}=`, 'sambung'),
        ),
      ),
  },
  {
    name: 'base64 in one line',
    build: (who) =>
      message(
        head(who, 'Satu baris'),
        entity(
          ['Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: base64'],
          base64(plain(1).repeat(20), 1_000_000),
        ),
      ),
  },
  {
    name: 'base64 with an empty line behind it',
    build: (who) =>
      message(
        head(who, 'Baris kosong'),
        multipart('mixed', 'kosong64', [
          text('plain', ascii(1)),
          entity(
            [
              'Content-Type: image/png; name="a.png"',
              'Content-Transfer-Encoding: base64',
              'Content-Disposition: attachment; filename="a.png"',
            ],
            `${base64(png(9, 9, 3))}\r\n\r\n`,
          ),
        ]),
      ),
  },
  {
    name: 'base64 without its padding',
    build: (who) =>
      message(
        head(who, 'Tanpa padding'),
        text('plain', 'ok\r\n').replace('8bit', 'base64').replace('ok\r\n', 'U2VsYW1hdCBwYWdpCg'),
      ),
  },
  {
    name: 'an unknown disposition',
    build: (who) =>
      message(
        head(who, 'Kedudukan'),
        multipart('mixed', 'aneh', [
          text('plain', ascii(1)),
          file('a.png', png(), { type: 'image/png', disposition: 'notification' }),
        ]),
      ),
  },
];

const TYPEWRITTEN: readonly Honest[] = Array.from(
  { length: 5 },
  (_, n): Honest => ({
    name: `uuencoded in the text (${n})`,
    build: (who) =>
      bare(
        [...head(who, topicOf(n).subject), 'X-Mailer: Microsoft Internet Mail 4.70.1155'],
        lines(
          ascii(n),
          uuencode(
            pick(['nota.txt', 'gambar.png', 'surat.doc'], n),
            n % 3 === 1 ? png(7, 7, n) : Buffer.from(`Nota lama ${n}\r\n`.repeat(5 + n)),
          ),
          '',
          'Terima kasih.',
        ),
      ),
  }),
);

export const OLD: readonly Honest[] = [
  ...IN_CHARSETS,
  ...HEADERS,
  ...WITHOUT_MIME,
  ...UNCLOSED,
  ...BROKEN,
  ...TYPEWRITTEN,
];
