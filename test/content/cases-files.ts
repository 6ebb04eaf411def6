/** Programs under every name and dress, by their octets and within archives. */
import { gzip, nestedZip, tar, zip } from './build-archives.ts';
import { ELF, office, PROGRAM, pdf, SHORTCUT, tnef } from './build-documents.ts';
import { attached, forwarded, letterWith } from './build-letter.ts';
import {
  type Build,
  base64,
  CRLF,
  encodedWords,
  entity,
  extended,
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
import type { Case, Honest } from './sample.ts';

const HARMLESS = 'Teks biasa sahaja.\r\n';

const part = (fields: readonly string[], content: Buffer | string = HARMLESS): Build =>
  letterWith(entity([...fields, 'Content-Transfer-Encoding: base64'], base64(content)));

const ENDINGS = [
  'exe',
  'scr',
  'com',
  'pif',
  'bat',
  'cmd',
  'vbs',
  'vbe',
  'js',
  'jse',
  'wsf',
  'hta',
  'ps1',
  'lnk',
  'msi',
  'jar',
  'cpl',
  'reg',
  'chm',
];

const BY_NAME: readonly (readonly [string, Build])[] = [
  ...ENDINGS.map((ending) => [`.${ending}`, attached(`surat.${ending}`, HARMLESS)] as const),
  ['capitals', attached('SURAT.EXE', HARMLESS)],
  ['two endings', attached('invois.pdf.exe', HARMLESS)],
  ['many blanks between two endings', attached(`invois.pdf${' '.repeat(80)}.scr`, HARMLESS)],
  ['a dot at the end', attached('invois.exe.', HARMLESS)],
  ['blanks and dots at the end', attached('invois.exe . . ', HARMLESS)],
  [
    'the direction turned',
    part([
      'Content-Type: application/octet-stream',
      `Content-Disposition: attachment; filename*=${extended('invois\u202efdp.exe')}`,
    ]),
  ],
  [
    'characters without width',
    part([
      'Content-Type: application/octet-stream',
      `Content-Disposition: attachment; filename*=${extended('invois.e\u200bxe')}`,
    ]),
  ],
  [
    'full-width letters',
    part([
      'Content-Type: application/octet-stream',
      `Content-Disposition: attachment; filename*=${extended('invois．ｅｘｅ')}`,
    ]),
  ],
  ['the name of the type alone', part(['Content-Type: application/octet-stream; name="invois.exe"'])],
  [
    'the name of the disposition alone',
    part(['Content-Type: application/pdf', 'Content-Disposition: attachment; filename="invois.exe"']),
  ],
  [
    'a harmless name in the one, a program in the other',
    part([
      'Content-Type: application/pdf; name="invois.exe"',
      'Content-Disposition: attachment; filename="invois.pdf"',
    ]),
  ],
  [
    'RFC 2231 beside a harmless name',
    part([
      'Content-Type: application/pdf',
      `Content-Disposition: attachment; filename="invois.pdf"; filename*=utf-8''invois.exe`,
    ]),
  ],
  [
    'in pieces',
    part([
      'Content-Type: application/pdf',
      'Content-Disposition: attachment; filename*0="invois.pd"; filename*1="f.e"; filename*2="xe"',
    ]),
  ],
  [
    'pieces out of order',
    part([
      'Content-Type: application/pdf',
      'Content-Disposition: attachment; filename*1="xe"; filename*0="invois.e"',
    ]),
  ],
  [
    'percent-encoded pieces',
    part([
      'Content-Type: application/pdf',
      `Content-Disposition: attachment; filename*0*=utf-8''invois%2E; filename*1*=%65%78%65`,
    ]),
  ],
  ['encoded words', part([`Content-Type: application/octet-stream; name="${encodedWords('invois.exe')}"`])],
  [
    'encoded words without quotes',
    part([
      `Content-Disposition: attachment; filename=${encodedWords('invois.exe')}`,
      'Content-Type: application/pdf',
    ]),
  ],
  [
    'encoded words, one letter each',
    part([
      `Content-Type: application/octet-stream; name="=?utf-8?Q?invois=2E?= =?utf-8?Q?e?= =?utf-8?Q?xe?="`,
    ]),
  ],
  ['a path', attached('C:\\\\dokumen\\\\invois.exe', HARMLESS)],
  ['a semicolon behind it', attached('invois.exe;.pdf', HARMLESS)],
  ['a stream of Windows', attached('invois.exe::$DATA', HARMLESS)],
  ['a class of Windows', attached('surat.txt.{3050F4D8-98B5-11CF-BB82-00AA00BDCE0B}', HARMLESS)],
  [
    'no quotes and a blank',
    part([
      'Content-Type: application/octet-stream',
      'Content-Disposition: attachment; filename=invois baru.exe',
    ]),
  ],
  ['inline', letterWith(file('invois.exe', HARMLESS, { disposition: 'inline' }))],
  [
    'in an attached message',
    forwarded(multipart('mixed', 'dalam', [text('plain', HARMLESS), file('invois.exe', HARMLESS)])),
  ],
  [
    'in the name of an attached message',
    letterWith(
      entity(
        [
          'Content-Type: message/rfc822; name="surat.eml.exe"',
          'Content-Disposition: attachment; filename="surat.eml.exe"',
        ],
        `Subject: Asal${CRLF}${CRLF}Hai${CRLF}`,
      ),
    ),
  ],
  [
    'uuencoded in the text',
    (who) =>
      message(
        head(who, 'Lama'),
        text('plain', lines('Hai', '', uuencode('invois.exe', Buffer.from(HARMLESS))), { encoding: '7bit' }),
      ),
  ],
  ['the only part', (who) => message(head(who, 'Sendiri'), file('invois.exe', HARMLESS))],
  [
    'before the name of the container is closed',
    (who) =>
      message(
        head(who, 'Terbuka'),
        multipart('mixed', 'buka', [file('invois.exe', HARMLESS)]).replace('--buka--', ''),
      ),
  ],
];

const BY_OCTETS: readonly (readonly [string, Build])[] = [
  ['a program as a PDF', attached('invois.pdf', PROGRAM, 'application/pdf')],
  ['a program as a picture', attached('gambar.jpg', PROGRAM, 'image/jpeg')],
  [
    'a program without a name',
    letterWith(
      entity(
        ['Content-Type: application/octet-stream', 'Content-Transfer-Encoding: base64'],
        base64(PROGRAM),
      ),
    ),
  ],
  ['a program as text', attached('nota.txt', PROGRAM, 'text/plain')],
  ['a program for Linux', attached('data.bin', ELF)],
  ['a shortcut as a document', attached('surat.docx', SHORTCUT)],
  ['a script as data', attached('nota.dat', '#!/bin/sh\nrm -rf ~\n')],
  ['a program in an attached message', forwarded(file('a.pdf', PROGRAM))],
  [
    'a program, quoted-printable',
    letterWith(
      entity(
        [
          'Content-Type: application/octet-stream; name="a.dat"',
          'Content-Transfer-Encoding: quoted-printable',
        ],
        quotedPrintable(PROGRAM.toString('latin1').replaceAll('\r\n', '  ')),
      ),
    ),
  ],
  [
    'a program, uuencoded',
    letterWith(
      entity(
        ['Content-Type: application/octet-stream; name="a.dat"', 'Content-Transfer-Encoding: x-uuencode'],
        uuencode('a.dat', PROGRAM),
      ),
    ),
  ],
];

const INVITATION = `BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nATTACH;VALUE=BINARY;ENCODING=BASE64;X-FILENAME="invois.exe":${PROGRAM.toString('base64')}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`;

const WITHIN: readonly (readonly [string, Build])[] = [
  [
    'by name in a zip',
    attached(
      'dokumen.zip',
      zip([
        { name: 'surat.txt', content: 'Hai' },
        { name: 'invois.exe', content: HARMLESS },
      ]),
    ),
  ],
  ['by octets in a zip', attached('dokumen.zip', zip([{ name: 'invois.pdf', content: PROGRAM }]))],
  ['in a folder of a zip', attached('dokumen.zip', zip([{ name: 'a/b/c/invois.js', content: HARMLESS }]))],
  ['in zips in zips', attached('dokumen.zip', nestedZip(5, 'invois.exe', HARMLESS))],
  [
    'in a zip as a picture',
    attached('gambar.jpg', zip([{ name: 'invois.exe', content: HARMLESS }]), 'image/jpeg'),
  ],
  ['in a gzip', attached('invois.exe.gz', gzip(PROGRAM))],
  ['in a tar', attached('fail.tar', tar([{ name: 'invois.vbs', content: HARMLESS }]))],
  ['in a tar.gz', attached('fail.tgz', gzip(tar([{ name: 'x/invois.exe', content: PROGRAM }])))],
  ['in a calendar', attached('jemputan.ics', INVITATION, 'text/calendar')],
  ['in an invitation', letterWith(entity(['Content-Type: text/calendar; method=REQUEST'], INVITATION))],
  [
    'in winmail.dat',
    attached('winmail.dat', tnef([['invois.exe', Buffer.from(HARMLESS)]]), 'application/ms-tnef'),
  ],
  [
    'in a document of Office',
    attached(
      'surat.docx',
      zip([
        { name: '[Content_Types].xml', content: '<Types/>' },
        { name: 'word/document.xml', content: '<w/>' },
        { name: 'word/embeddings/invois.exe', content: PROGRAM },
      ]),
    ),
  ],
  [
    'in a zip in an attached message',
    forwarded(file('a.zip', zip([{ name: 'invois.exe', content: HARMLESS }]))),
  ],
  [
    'in an .eml in a zip',
    attached(
      'mel.zip',
      zip([
        { name: 'asal.eml', content: `Subject: x\r\nMIME-Version: 1.0\r\n${file('invois.exe', HARMLESS)}` },
      ]),
    ),
  ],
  [
    'in a zip with octets before it',
    attached(
      'dokumen.zip',
      Buffer.concat([Buffer.from('bukan zip\n'), zip([{ name: 'invois.exe', content: HARMLESS }])]),
    ),
  ],
];

const make =
  (prefix: string, where: Case['where']) =>
  ([name, build]: readonly [string, Build]): Case => ({
    name: `${prefix}: ${name}`,
    reason: 'dangerous-attachment',
    where,
    build,
  });

export const FILE_CASES: readonly Case[] = [
  ...BY_NAME.map(make('a program by its name', 'door')),
  ...BY_OCTETS.map(make('a program by its octets', 'door')),
  ...WITHIN.map(make('a program', 'worker')),
];

export const FILE_TWINS: readonly Honest[] = [
  {
    name: 'a PDF whose name speaks of a program',
    build: attached('panduan setup.exe.pdf', pdf('Panduan'), 'application/pdf'),
  },
  { name: 'a script to read', build: attached('nota.txt', '#!/bin/sh\necho hai\n', 'text/plain') },
  {
    name: 'a letter about a .exe',
    build: (who) =>
      message(
        head(who, 'Jangan buka invois.exe'),
        text(
          'plain',
          lines('Jangan buka fail invois.exe atau run.bat!', '#!/bin/sh tidak bermakna di sini.'),
        ),
      ),
  },
  {
    name: 'a zip of documents',
    build: attached(
      'dokumen.zip',
      zip([
        { name: 'a.docx', content: office('docx', 'Hai') },
        { name: 'nota exe.txt', content: 'MZ' },
      ]),
      'application/zip',
    ),
  },
  { name: 'zips in zips, nine deep', build: attached('dalam.zip', nestedZip(9, 'nota.txt', 'Hai')) },
  {
    name: 'a zip of a long list',
    build: attached(
      'senarai.zip',
      zip([
        {
          name: 'a.csv',
          content: Array.from({ length: 20_000 }, (_, n) => `${n},${(n * 7919) % 10007},nama${n}`).join('\n'),
        },
      ]),
    ),
  },
  {
    name: 'a file that begins with MZ and is text',
    build: attached('MZ.txt', 'MZ ialah kod bagi Mozambik.\r\n', 'text/plain'),
  },
  {
    name: 'a domain as the name of a letter',
    build: letterWith(
      entity(
        [
          `Content-Type: message/rfc822; name="${utf8('Re: kedai.com')}"`,
          'Content-Disposition: attachment; filename="Re: kedai.com"',
        ],
        `Subject: Re: kedai.com${CRLF}Date: Mon, 23 Nov 2026 10:00:00 +0800${CRLF}${CRLF}Hai${CRLF}`,
      ),
    ),
  },
];
