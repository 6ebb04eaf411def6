/** A link to external storage (PTPA 3/2017 L1 §10(viii)) in every place of a letter where a reader shows text. */
import { signed, signedInPieces } from './build-cms.ts';
import { entityOf, HOST_AND_PATH, LINK, type LinkRow, linkCase, plain } from './build-link.ts';
import {
  type Build,
  base64,
  CRLF,
  encodedWords,
  entity,
  file,
  head,
  lines,
  message,
  multipart,
  quotedPrintable,
  text,
  utf8,
} from './build-message.ts';
import type { Case, Honest } from './sample.ts';

const beside =
  (part: string): Build =>
  (who) =>
    message(head(who, 'Dokumen'), multipart('mixed', 'luar', [text('plain', 'Sila lihat.\r\n'), part]));

const sealed = (content: Buffer): Build =>
  entityOf(
    entity(
      [
        'Content-Type: application/pkcs7-mime; smime-type=signed-data; name="smime.p7m"',
        'Content-Transfer-Encoding: base64',
      ],
      base64(content),
    ),
  );

const IN_TEXT: readonly LinkRow[] = [
  ['with a scheme', plain(LINK)],
  ['with http', plain(`http://${HOST_AND_PATH}`)],
  ['without a scheme', plain(`Sila muat turun dari ${HOST_AND_PATH}`)],
  ['without www', plain('dropbox.com/s/a1b2c3')],
  ['in angle brackets', plain(`<${LINK}>`)],
  ['in brackets and before a full stop', plain(`Lihat (${LINK}).`)],
  ['quoted', plain(`> > ${LINK}`)],
  ['as markdown', plain(`[fail](${LINK})`)],
  ['glued to other words', plain(`fail:${LINK}`)],
  ['in another script', plain(utf8(`请看${LINK}谢谢`))],
  ['in the middle of a long line', plain(`${'kata '.repeat(3_000)}${LINK}${' kata'.repeat(3_000)}`)],
  [
    'at the very end without a line end',
    (who) => message(head(who, 'Dokumen'), multipart('mixed', 'x', [text('plain', `Hai ${LINK}`)])),
  ],
  [
    'wrapped by format=flowed',
    entityOf(
      text('plain', lines('Sila: https://www.dropbox.com/s/a1b2c3/ ', 'fail.pdf'), {
        parameters: '; format=flowed; delsp=yes',
      }),
    ),
  ],
  [
    'wrapped within the host, delsp',
    entityOf(
      text('plain', lines('Sila: https://www.drop ', 'box.com/s/a1b2c3/fail.pdf'), {
        parameters: '; format=flowed; delsp=yes',
      }),
    ),
  ],
  ['in base64', entityOf(text('plain', lines('Tuan,', LINK), { encoding: 'base64' }))],
  [
    'in base64 of odd lines',
    entityOf(
      text('plain', lines('Tuan,', LINK), { encoding: 'base64' }).replace(
        /(\r\n\r\n)([\s\S]*)/,
        (_, gap: string, body: string) => gap + body.replaceAll(CRLF, '').replace(/(.{7})/g, `$1${CRLF}`),
      ),
    ),
  ],
  [
    'in base64 with foreign characters',
    entityOf(
      text('plain', lines('Tuan,', LINK), { encoding: 'base64' }).replace(
        /(\r\n\r\n)([\s\S]*)/,
        (_, gap: string, body: string) => gap + body.replace(/(.{10})/g, '$1!#'),
      ),
    ),
  ],
  [
    'quoted-printable, each letter',
    entityOf(
      text(
        'plain',
        `Tuan: ${[...LINK]
          .map((c) => `=${c.charCodeAt(0).toString(16)}`)
          .join('')
          .replace(/(.{72})/g, `$1=${CRLF}`)}${CRLF}`,
      ).replace('8bit', 'quoted-printable'),
    ),
  ],
  [
    'quoted-printable, broken within the host',
    entityOf(
      text('plain', lines('https://www.drop=', 'box.com/s/a1b2c3')).replace('8bit', 'quoted-printable'),
    ),
  ],
  [
    'quoted-printable, broken with blanks',
    entityOf(
      text('plain', lines('https://www.drop=  ', 'box.com/s/a1b2c3')).replace('8bit', 'quoted-printable'),
    ),
  ],
  [
    'in UTF-16',
    entityOf(
      text('plain', Buffer.from(`Tuan\r\n${LINK}\r\n`, 'utf16le').toString('latin1'), {
        charset: 'utf-16le',
        encoding: 'base64',
      }),
    ),
  ],
  [
    'in UTF-16 with its mark',
    entityOf(
      text('plain', `\xfe\xff${Buffer.from(`Tuan\r\n${LINK}\r\n`, 'utf16le').swap16().toString('latin1')}`, {
        charset: 'utf-16',
        encoding: 'base64',
      }),
    ),
  ],
  ['in GB 2312', entityOf(text('plain', `\xc4\xe3\xba\xc3 ${LINK}\r\n`, { charset: 'gb2312' }))],
  [
    'in ISO-2022-JP',
    entityOf(text('plain', `\x1b$B$3$s\x1b(B ${LINK}\r\n`, { charset: 'iso-2022-jp', encoding: '7bit' })),
  ],
  [
    'in ISO-2022-KR',
    entityOf(text('plain', `\x1b$)C Hai ${LINK}\r\n`, { charset: 'iso-2022-kr', encoding: '7bit' })),
  ],
  [
    'in a charset that nobody knows',
    entityOf(text('plain', `Hai ${LINK}\r\n`, { charset: 'x-mac-jabatan' })),
  ],
  ['in enriched text', entityOf(text('enriched', `<bold>Fail</bold>: ${LINK}\r\n`))],
  ['in another kind of text', entityOf(text('markdown', `Fail: ${LINK}\r\n`))],
  ['without MIME fields', (who) => [...head(who, 'Dokumen'), '', `Hai ${LINK}`, ''].join(CRLF)],
  [
    'in the prologue',
    entityOf(multipart('mixed', 'x', [text('plain', 'Hai\r\n')]).replace('\r\n\r\n', `\r\n\r\n${LINK}\r\n`)),
  ],
  ['in the epilogue', entityOf(`${multipart('mixed', 'x', [text('plain', 'Hai\r\n')])}${LINK}\r\n`)],
  [
    'in the footer of a list',
    (who) =>
      message(
        head(who, 'Dokumen'),
        `${text('plain', lines('Hai'), { encoding: 'base64' })}\r\n____\r\n${LINK}\r\n`,
      ),
  ],
  [
    'in the second of two readings',
    entityOf(multipart('alternative', 'x', [text('plain', 'Hai\r\n'), text('plain', `${LINK}\r\n`)])),
  ],
  ['in the subject', (who) => message(head(who, `Sila ambil ${LINK}`), text('plain', 'Hai\r\n'))],
  [
    'in the subject, encoded',
    (who) => message(head(who, encodedWords(`Sila ambil – ${LINK}`)), text('plain', 'Hai\r\n')),
  ],
  [
    'in the subject of an attached message',
    beside(
      entity(
        ['Content-Type: message/rfc822'],
        `Subject: ${LINK}\r\nDate: Mon, 23 Nov 2026 10:00:00 +0800\r\n\r\nHai\r\n`,
      ),
    ),
  ],
  [
    'in an attached message',
    beside(
      entity(
        ['Content-Type: message/rfc822'],
        `Subject: Asal\r\nMIME-Version: 1.0\r\n${text('html', `<a href="${LINK}">x</a>`)}`,
      ),
    ),
  ],
  [
    'in an attached message in base64',
    beside(
      entity(
        ['Content-Type: message/rfc822; name="asal.eml"', 'Content-Transfer-Encoding: base64'],
        base64(`Subject: Asal\r\nMIME-Version: 1.0\r\n${text('plain', `${LINK}\r\n`)}`),
      ),
    ),
  ],
  ['in a returned message', beside(entity(['Content-Type: text/rfc822-headers'], `Subject: ${LINK}\r\n`))],
  [
    'in a report of delivery',
    beside(
      entity(
        ['Content-Type: message/delivery-status'],
        `Reporting-MTA: dns; x.example\r\n\r\nAction: failed\r\nStatus: 5.0.0\r\nDiagnostic-Code: smtp; 550 see ${LINK}\r\n`,
      ),
    ),
  ],
  [
    'in a calendar',
    entityOf(
      entity(
        ['Content-Type: text/calendar; method=REQUEST; charset=utf-8'],
        lines('BEGIN:VCALENDAR', 'BEGIN:VEVENT', `DESCRIPTION:Fail: ${LINK}`, 'END:VEVENT', 'END:VCALENDAR'),
      ),
    ),
  ],
  [
    'in a calendar, folded',
    entityOf(
      entity(
        ['Content-Type: text/calendar; method=REQUEST; charset=utf-8'],
        lines(
          'BEGIN:VCALENDAR',
          'BEGIN:VEVENT',
          'DESCRIPTION:Fail: https://www.drop',
          ' box.com/s/a1b2c3',
          'END:VEVENT',
          'END:VCALENDAR',
        ),
      ),
    ),
  ],
  [
    'in a calendar, as an attachment of the event',
    entityOf(
      entity(
        ['Content-Type: text/calendar; method=REQUEST'],
        lines(
          'BEGIN:VCALENDAR',
          'BEGIN:VEVENT',
          `ATTACH;FMTTYPE=application/pdf:${LINK}`,
          'END:VEVENT',
          'END:VCALENDAR',
        ),
      ),
    ),
  ],
  [
    'in a calendar, as HTML',
    entityOf(
      entity(
        ['Content-Type: text/calendar'],
        lines(
          'BEGIN:VCALENDAR',
          'BEGIN:VEVENT',
          `X-ALT-DESC;FMTTYPE=text/html:<html><body><a href="${LINK}">x</a></body></html>`,
          'END:VEVENT',
          'END:VCALENDAR',
        ),
      ),
    ),
  ],
  [
    'in a signed letter',
    entityOf(
      multipart(
        'signed',
        's',
        [text('plain', `${LINK}\r\n`), file('smime.p7s', 'abc', { type: 'application/pkcs7-signature' })],
        '; protocol="application/pkcs7-signature"; micalg=sha-256',
      ),
    ),
  ],
  ['in a letter that is signed as a whole', sealed(signed(text('plain', `${LINK}\r\n`), 1))],
  [
    'in a letter that is signed as a whole, in pieces',
    sealed(signedInPieces(text('html', `<a href="${LINK}">x</a>`), 2, 9)),
  ],
  [
    'in a letter that PGP signed in the text',
    plain(
      '-----BEGIN PGP SIGNED MESSAGE-----',
      'Hash: SHA256',
      '',
      LINK,
      '-----BEGIN PGP SIGNATURE-----',
      '',
      'iQEz',
      '-----END PGP SIGNATURE-----',
    ),
  ],
];

export const LINK_CASES: readonly Case[] = IN_TEXT.map(linkCase('a link in text'));

export const LINK_TWINS: readonly Honest[] = [
  { name: 'a plain mention', build: plain('Jangan guna dropbox.com atau www.dropbox.com.') },
  {
    name: 'a wrapper around an honest page',
    build: plain(
      `https://www.google.com/url?q=${encodeURIComponent('https://www.moh.example/a')}`,
      `https://apc01.safelinks.protection.outlook.com/?url=${encodeURIComponent('https://www.moh.example/')}&data=1`,
    ),
  },
  { name: "a tenant's pages", build: plain('https://moh.sharepoint.com/sites/kewangan/SitePages/Home.aspx') },
  {
    name: 'the form of a link in quoted-printable',
    build: entityOf(text('plain', quotedPrintable(lines('https://www.moh.example/?a=3Dropbox.com')))),
  },
  { name: 'an address at the host', build: plain('Hubungi no-reply@dropbox.com.') },
  {
    name: 'List-Unsubscribe is no body',
    build: (who) =>
      message([...head(who, 'Buletin'), `List-Unsubscribe: <${LINK}>`], text('plain', 'Hai\r\n')),
  },
];
