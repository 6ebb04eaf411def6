/** Archives that nobody opens or can open to their end, documents under a password, and the scanners' own samples. */
import { gzipSync } from 'node:zlib';
import { EICAR, ENCRYPTED_ZIP, GTUBE } from '../support/samples.ts';
import { CABINET, gzip, ISO_IMAGE, nestedZip, RAR, SEVEN_ZIP, tar, zip } from './build-archives.ts';
import { encryptedOffice, pdf } from './build-documents.ts';
import { attached, forwarded, letterWith } from './build-letter.ts';
import {
  type Build,
  base64,
  CRLF,
  entity,
  file,
  head,
  lines,
  message,
  multipart,
  text,
  uuencode,
} from './build-message.ts';
import type { Case } from './sample.ts';

const ENCRYPTED: readonly (readonly [string, Build])[] = [
  ['a zip under a password', attached('sulit.zip', ENCRYPTED_ZIP, 'application/zip')],
  ['a zip under a password, as a picture', attached('gambar.png', ENCRYPTED_ZIP, 'image/png')],
  [
    'a zip with one file under a password',
    attached(
      'campur.zip',
      zip([
        { name: 'a.txt', content: 'Hai' },
        { name: 'b.txt', content: 'Rahsia', encrypted: true },
      ]),
    ),
  ],
  [
    'a zip under a password in a zip',
    attached('luar.zip', zip([{ name: 'dalam.zip', content: ENCRYPTED_ZIP }])),
  ],
  ['a zip under a password in an attached message', forwarded(file('sulit.zip', ENCRYPTED_ZIP))],
  ['a document of Office under a password', attached('sulit.docx', encryptedOffice())],
  [
    'a PDF under a password',
    attached('sulit.pdf', pdf('Rahsia', [], { encrypted: true }), 'application/pdf'),
  ],
];

const BOMB = Buffer.alloc(60_000_000, 48);

/** Their first octets say that nobody opens them. */
const NEVER_OPENED: readonly (readonly [string, Build])[] = [
  ['7-Zip', attached('fail.7z', SEVEN_ZIP)],
  ['RAR', attached('fail.rar', RAR)],
  ['RAR as a document', attached('surat.doc', RAR, 'application/msword')],
  ['a cabinet', attached('fail.cab', CABINET)],
  ['an image of a disk', attached('fail.img', ISO_IMAGE)],
];

const NOT_TO_THE_END: readonly (readonly [string, Build])[] = [
  [
    'a zip whose two names differ',
    attached('dokumen.zip', zip([{ name: 'invois.exe', listedAs: 'invois.txt', content: 'Hai' }])),
  ],
  ['zips in zips, too deep', attached('dalam.zip', nestedZip(15, 'nota.txt', 'Hai'))],
  [
    'a zip that is cut off',
    attached('putus.zip', zip([{ name: 'a.txt', content: 'Hai '.repeat(500) }]).subarray(0, 60)),
  ],
  ['a zip that grows without end', attached('besar.zip', zip([{ name: 'a.txt', content: BOMB }]))],
  ['a gzip that grows without end', attached('besar.gz', gzipSync(BOMB))],
  ['a broken PDF', attached('rosak.pdf', '%PDF-1.7\nini bukan PDF')],
  ['RAR in a zip', attached('luar.zip', zip([{ name: 'dalam.rar', content: RAR }]))],
];

const EICARS: readonly (readonly [string, Build])[] = [
  [
    'in the text',
    (who) => message(head(who, 'Ujian'), text('plain', `${EICAR}${CRLF}`, { encoding: '7bit' })),
  ],
  ['a file', attached('nota.txt', EICAR, 'text/plain')],
  [
    'a file without a name',
    letterWith(
      entity(['Content-Type: application/octet-stream', 'Content-Transfer-Encoding: base64'], base64(EICAR)),
    ),
  ],
  [
    'base64 in short lines',
    letterWith(
      entity(
        ['Content-Type: application/octet-stream; name="a.dat"', 'Content-Transfer-Encoding: base64'],
        base64(EICAR, 8),
      ),
    ),
  ],
  [
    'quoted-printable',
    letterWith(
      entity(
        ['Content-Type: text/plain; name="a.txt"', 'Content-Transfer-Encoding: quoted-printable'],
        EICAR.replaceAll('!', '=21').replace('STANDARD', 'STAN=\r\nDARD'),
      ),
    ),
  ],
  ['7bit', letterWith(entity(['Content-Type: text/plain; name="a.txt"'], EICAR))],
  [
    'uuencoded',
    letterWith(
      entity(
        ['Content-Type: application/octet-stream; name="a.dat"', 'Content-Transfer-Encoding: x-uuencode'],
        uuencode('a.dat', Buffer.from(EICAR)),
      ),
    ),
  ],
  ['in a zip', attached('a.zip', zip([{ name: 'a.txt', content: EICAR }]))],
  ['in a zip, stored', attached('a.zip', zip([{ name: 'a.txt', content: EICAR, stored: true }]))],
  ['in zips in zips', attached('a.zip', nestedZip(4, 'a.txt', EICAR))],
  ['in a gzip', attached('a.txt.gz', gzip(EICAR))],
  ['in a tar.gz', attached('a.tgz', gzip(tar([{ name: 'a.txt', content: EICAR }])))],
  ['in an attached message', forwarded(file('a.txt', EICAR))],
  [
    'in two attached messages',
    forwarded(
      entity(
        ['Content-Type: message/rfc822'],
        `Subject: x${CRLF}MIME-Version: 1.0${CRLF}${file('a.txt', EICAR)}`,
      ),
    ),
  ],
  ['the last part is not closed', (who) => attached('a.txt', EICAR)(who).replace('--lampiran--', '')],
];

const GTUBES: readonly (readonly [string, Build])[] = [
  ['in the text', (who) => message(head(who, 'Tawaran'), text('plain', lines(GTUBE), { encoding: '7bit' }))],
  [
    'base64',
    (who) => message(head(who, 'Tawaran'), text('plain', lines('Hai', GTUBE), { encoding: 'base64' })),
  ],
  [
    'quoted-printable',
    (who) => message(head(who, 'Tawaran'), text('plain', lines(GTUBE), { encoding: 'quoted-printable' })),
  ],
  [
    'in HTML',
    (who) =>
      message(
        head(who, 'Tawaran'),
        text('html', `<html><body><p>${GTUBE}</p></body></html>`, { encoding: '7bit' }),
      ),
  ],
  [
    'in one of several readings',
    (who) =>
      message(
        head(who, 'Tawaran'),
        multipart('alternative', 'pilih', [text('plain', lines(GTUBE)), text('html', '<p>Hai</p>')]),
      ),
  ],
];

const make =
  (prefix: string, reason: Case['reason'], where: Case['where'] = 'worker') =>
  ([name, build]: readonly [string, Build]): Case => ({ name: `${prefix}: ${name}`, reason, where, build });

export const ARCHIVE_CASES: readonly Case[] = [
  ...ENCRYPTED.map(make('sealed up', 'encrypted-archive')),
  ...NEVER_OPENED.map(make('not opened', 'unopened-archive', 'door')),
  ...NOT_TO_THE_END.map(make('not opened', 'unopened-archive')),
];

export const SCANNER_CASES: readonly Case[] = [
  ...EICARS.map(make('EICAR', 'virus')),
  ...GTUBES.map(make('GTUBE', 'spam')),
];
