/** Attachments of more than ten megabytes together (PTPA 3/2017 L1 §10(iv)), and as much as may be, in every dress. */
import {
  type Build,
  base64,
  between,
  CRLF,
  entity,
  extended,
  head,
  message,
  multipart,
  text,
  uuencode,
} from './build-message.ts';
import type { Case, Honest } from './sample.ts';

const LIMIT = 10_485_760;
const OVER = LIMIT + 1;
const NOTE = text('plain', 'Sila lihat lampiran.\r\n', { encoding: '7bit' });

/** So many octets in lines that every transfer encoding can carry. */
function rows(size: number): string {
  const row = `${'Baris data ini tidak penting. '.repeat(2)}0123456789 abcdef\r\n`;
  return row.repeat(Math.ceil(size / row.length)).slice(0, size - 2) + CRLF;
}

/** Like a photograph: no text, no pattern. */
function octetsOf(size: number): Buffer {
  const made = Buffer.alloc(size);
  for (let at = 0; at < size; at += 1024)
    made.writeUInt32LE(Math.imul(at, 2_654_435_761) >>> 0, Math.min(at, size - 4));
  return made;
}

const coded = (fields: readonly string[], size: number): string =>
  entity([...fields, 'Content-Transfer-Encoding: base64'], base64(octetsOf(size)));
const named = (name: string, size: number, type = 'image/jpeg'): string =>
  coded(
    [`Content-Type: ${type}; name="${name}"`, `Content-Disposition: attachment; filename="${name}"`],
    size,
  );
const letter =
  (...parts: readonly string[]): Build =>
  (who) =>
    message(head(who, 'Pelan bangunan'), multipart('mixed', 'saiz', [NOTE, ...parts]));
const forwarded = (fields: readonly string[], content: string): string =>
  entity(
    fields,
    entity(
      [
        'From: ali@partner.example',
        'Subject: Asal',
        'Date: Mon, 23 Nov 2026 10:00:00 +0800',
        'Message-ID: <asal@partner.example>',
        'MIME-Version: 1.0',
      ],
      '',
    ).trimEnd() +
      CRLF +
      content,
  );

const tooLarge: readonly (readonly [string, () => Build])[] = [
  ['one octet too many', () => letter(named('pelan.jpg', OVER))],
  [
    'two that are too large together',
    () => letter(named('a.jpg', 6_000_000), named('b.jpg', OVER - 6_000_000)),
  ],
  [
    'twenty-one of half a megabyte',
    () => letter(...Array.from({ length: 21 }, (_, n) => named(`g${n}.jpg`, 524_288))),
  ],
  [
    'a picture within the text',
    () =>
      letter(
        coded(
          ['Content-Type: image/png', 'Content-Disposition: inline', 'Content-ID: <logo@moh.example>'],
          OVER,
        ),
      ),
  ],
  ['no name at all', () => letter(coded(['Content-Type: application/octet-stream'], OVER))],
  ['no type but a disposition', () => letter(coded(['Content-Disposition: attachment'], OVER))],
  ['text with a name', () => letter(coded(['Content-Type: text/plain; name="senarai.txt"'], OVER))],
  [
    'text that says attachment',
    () => letter(coded(['Content-Type: text/plain', 'Content-Disposition: attachment'], OVER)),
  ],
  ['text of another kind', () => letter(coded(['Content-Type: text/csv'], OVER))],
  [
    'a name by RFC 2231 alone',
    () =>
      letter(
        coded(
          ['Content-Type: text/plain', `Content-Disposition: inline; filename*=${extended('ñ.txt')}`],
          OVER,
        ),
      ),
  ],
  [
    'a name in pieces',
    () => letter(coded(['Content-Type: text/plain; name*0="sena"; name*1="rai.txt"'], OVER)),
  ],
  [
    'a size parameter that lies',
    () =>
      letter(
        coded(
          [
            'Content-Type: image/jpeg; name="a.jpg"',
            'Content-Disposition: attachment; filename="a.jpg"; size=10',
          ],
          OVER,
        ),
      ),
  ],
  [
    'within an attached message',
    () =>
      letter(
        forwarded(
          ['Content-Type: message/rfc822'],
          multipart('mixed', 'dalam', [NOTE, named('a.jpg', OVER)]),
        ),
      ),
  ],
  [
    'half beside and half within',
    () =>
      letter(
        named('a.jpg', 6_000_000),
        forwarded(
          ['Content-Type: message/rfc822'],
          multipart('mixed', 'dalam', [named('b.jpg', OVER - 6_000_000)]),
        ),
      ),
  ],
  [
    'an attached message with a name counts whole',
    () =>
      letter(
        forwarded(
          [
            'Content-Type: message/rfc822; name="asal.eml"',
            'Content-Disposition: attachment; filename="asal.eml"',
          ],
          text('plain', rows(OVER), { encoding: '7bit' }),
        ),
      ),
  ],
  [
    'in a digest',
    () => (who) =>
      message(
        head(who, 'Himpunan'),
        multipart('digest', 'himpun', [
          entity(
            [],
            entity(['From: a@partner.example', 'Subject: satu', 'MIME-Version: 1.0'], '').trimEnd() +
              CRLF +
              named('a.jpg', 6_000_000),
          ),
          entity(
            [],
            entity(['From: a@partner.example', 'Subject: dua', 'MIME-Version: 1.0'], '').trimEnd() +
              CRLF +
              named('b.jpg', OVER - 6_000_000),
          ),
        ]),
      ),
  ],
  [
    'ten containers deep',
    () => (who) => {
      let inner = named('a.jpg', OVER);
      for (let level = 0; level < 10; level++) inner = multipart('mixed', `aras-${level}-x`, [inner]);
      return message(head(who, 'Dalam'), inner);
    },
  ],
  ['the only part', () => (who) => message(head(who, 'Sendiri'), named('a.jpg', OVER))],
  [
    'the last part is not closed',
    () => (who) => {
      const whole = letter(named('a.jpg', OVER))(who);
      return whole.slice(0, whole.lastIndexOf('--saiz--'));
    },
  ],
  [
    'as one of several readings',
    () => (who) =>
      message(head(who, 'Pilihan'), multipart('alternative', 'pilih', [NOTE, named('a.jpg', OVER)])),
  ],
  [
    'in plain lines, 7bit',
    () =>
      letter(
        entity(
          ['Content-Type: application/x-data; name="a.dat"', 'Content-Transfer-Encoding: 7bit'],
          rows(OVER + 2),
        ),
      ),
  ],
  [
    'in octets, 8bit, without an encoding field',
    () =>
      letter(
        entity(
          ['Content-Type: application/x-data; name="a.dat"'],
          rows(OVER + 2).replaceAll('ini', 'in\xed'),
        ),
      ),
  ],
  [
    'quoted-printable',
    () =>
      letter(
        entity(
          ['Content-Type: text/plain; name="a.txt"', 'Content-Transfer-Encoding: quoted-printable'],
          rows(OVER + 40_000).replaceAll('Baris data', 'Baris=\r\n data'),
        ),
      ),
  ],
  [
    'uuencoded by its encoding field',
    () =>
      letter(
        entity(
          ['Content-Type: application/octet-stream; name="a.dat"', 'Content-Transfer-Encoding: x-uuencode'],
          uuencode('a.dat', octetsOf(OVER)),
        ),
      ),
  ],
  [
    'uuencoded within the text',
    () => (who) =>
      message(
        head(who, 'Gaya lama'),
        text('plain', `Sila lihat.\r\n\r\n${uuencode('a.dat', octetsOf(OVER))}\r\n`, { encoding: '7bit' }),
      ),
  ],
  [
    'base64 in one line a row of four',
    () =>
      letter(
        entity(
          ['Content-Type: image/jpeg; name="a.jpg"', 'Content-Transfer-Encoding: base64'],
          base64(octetsOf(OVER), 48),
        ),
      ),
  ],
  [
    'a calendar',
    () =>
      letter(
        entity(
          [
            'Content-Type: text/calendar; method=REQUEST; name="jemputan.ics"',
            'Content-Transfer-Encoding: 7bit',
          ],
          rows(OVER + 2),
        ),
      ),
  ],
  ['winmail.dat', () => letter(named('winmail.dat', OVER, 'application/ms-tnef'))],
  [
    'BinHex',
    () =>
      letter(
        entity(
          ['Content-Type: application/mac-binhex40; name="a.hqx"'],
          `(This file must be converted with BinHex 4.0)${CRLF}${CRLF}${rows(OVER)}`,
        ),
      ),
  ],
  [
    'a signature',
    () => (who) =>
      message(
        head(who, 'Tandatangan'),
        multipart(
          'signed',
          'tanda',
          [NOTE, named('smime.p7s', OVER, 'application/pkcs7-signature')],
          '; protocol="application/pkcs7-signature"; micalg=sha-256',
        ),
      ),
  ],
  [
    'without MIME-Version',
    () => (who) =>
      [...head(who, 'Tiada versi'), multipart('mixed', 'tiadaversi', [NOTE, named('a.jpg', OVER)])].join(
        CRLF,
      ),
  ],
];

export const SIZE_CASES: readonly Case[] = tooLarge.map(([name, make]) => ({
  name: `size: ${name}`,
  reason: 'attachment-size',
  where: 'door',
  build: (who) => make()(who),
}));

const fits: readonly (readonly [string, () => Build])[] = [
  ['exactly ten megabytes', () => letter(named('pelan.jpg', LIMIT))],
  [
    'two that are exactly ten megabytes together',
    () => letter(named('a.jpg', 6_000_000), named('b.jpg', LIMIT - 6_000_000)),
  ],
  [
    'a long letter is no attachment',
    () => (who) =>
      message(head(who, 'Surat panjang'), text('plain', rows(OVER + 1_000), { encoding: '7bit' })),
  ],
  [
    'the lines between parts do not count',
    () => (who) =>
      message(
        head(who, 'Celah'),
        entity(
          ['Content-Type: multipart/mixed; boundary="celah"'],
          `${rows(5_000)}${between('celah', [NOTE, named('a.jpg', LIMIT)])}`,
        ),
      ),
  ],
  [
    'a forwarded letter counts by what hangs on it',
    () =>
      letter(
        forwarded(
          ['Content-Type: message/rfc822'],
          multipart('mixed', 'dalam', [
            text('plain', rows(400_000), { encoding: '7bit' }),
            named('a.jpg', LIMIT),
          ]),
        ),
      ),
  ],
];

export const SIZE_TWINS: readonly Honest[] = fits.map(([name, make]) => ({
  name: `size: ${name}`,
  build: (who) => make()(who),
}));
