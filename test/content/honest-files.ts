/** Files of every kind that offices send, under the names that they give them. */
import { gzip, tar, zip } from './build-archives.ts';
import { GIF, JPEG, office, oldOffice, pdf, png } from './build-documents.ts';
import {
  base64,
  encodedWords,
  entity,
  extended,
  file,
  head,
  lines,
  message,
  multipart,
  text,
  utf8,
} from './build-message.ts';
import { PEOPLE, pick, plain, topicOf } from './honest-texts.ts';
import type { Honest } from './sample.ts';

type Make = (n: number) => string;

const WORDS = 'application/vnd.openxmlformats-officedocument.';

const KINDS: readonly (readonly [string, Make])[] = [
  [
    'docx with links',
    (n) =>
      file(
        `${topicOf(n).file}.docx`,
        office('docx', `Surat ${n}`, ['https://www.moh.example/borang', 'mailto:pejabat@moh.example']),
        { type: `${WORDS}wordprocessingml.document` },
      ),
  ],
  [
    'xlsx',
    (n) =>
      file(`anggaran 20${20 + n}.xlsx`, office('xlsx', `Anggaran ${n}`, ['https://data.gov.example/']), {
        type: `${WORDS}spreadsheetml.sheet`,
      }),
  ],
  [
    'pptx',
    (n) =>
      file(`taklimat-${n}.pptx`, office('pptx', `Taklimat ${n}`, ['https://www.partner.example/slaid']), {
        type: `${WORDS}presentationml.presentation`,
      }),
  ],
  [
    'doc',
    (n) =>
      file(
        `surat${n}.doc`,
        oldOffice('WordDocument', `Rujukan: ${n}. Sila layari www.moh.example. `.repeat(20)),
        { type: 'application/msword' },
      ),
  ],
  [
    'xls',
    (n) =>
      file(`GAJI${n}.XLS`, oldOffice('Workbook', `Gaji ${n} `.repeat(50)), {
        type: 'application/vnd.ms-excel',
      }),
  ],
  [
    'ppt',
    (n) =>
      file(`taklimat ${n}.ppt`, oldOffice('PowerPoint Document', `Slaid ${n} `.repeat(50)), {
        type: 'application/vnd.ms-powerpoint',
      }),
  ],
  [
    'pdf with links',
    (n) =>
      file(
        `pekeliling ${n}.pdf`,
        pdf(`Pekeliling ${n}`, ['https://www.moh.example/pekeliling', 'http://docs.gov.example/document/1']),
        { type: 'application/pdf' },
      ),
  ],
  ['pdf as octets', (n) => file(`SULIT_${n}.PDF`, pdf(`Fail ${n}`), { type: 'application/octet-stream' })],
  [
    'zip',
    (n) =>
      file(
        `dokumen ${n}.zip`,
        zip([
          { name: 'surat.txt', content: `Surat ${n}` },
          { name: 'gambar/logo.png', content: png(3, 3, n), stored: true },
        ]),
        { type: 'application/x-zip-compressed' },
      ),
  ],
  [
    'zip in zip',
    (n) =>
      file(
        `semua${n}.zip`,
        zip([
          {
            name: `dalam${n}.zip`,
            content: zip([{ name: 'a.docx', content: office('docx', `Dalam ${n}`) }]),
          },
        ]),
        { type: 'application/zip' },
      ),
  ],
  ['gzip', (n) => file(`log-${n}.txt.gz`, gzip(`baris ${n}\n`.repeat(200)), { type: 'application/gzip' })],
  [
    'tar.gz',
    (n) =>
      file(`sumber-1.${n}.tar.gz`, gzip(tar([{ name: 'README', content: `versi ${n}\n` }])), {
        type: 'application/x-compressed-tar',
      }),
  ],
  ['jpg', (n) => file(`IMG_${1000 + n}.JPG`, JPEG, { type: 'image/jpeg' })],
  ['gif and png', (n) => file(`lambang${n}.gif`, GIF, { type: 'image/gif' })],
  [
    'csv',
    (n) =>
      entity(
        [
          `Content-Type: text/csv; name="data ${n}.csv"`,
          `Content-Disposition: attachment; filename="data ${n}.csv"`,
          'Content-Transfer-Encoding: quoted-printable',
        ],
        lines('bil=2Cnama', `${n}=2CSiti`),
      ),
  ],
  [
    'vcf',
    (n) =>
      entity(
        [
          'Content-Type: text/vcard; charset=utf-8; name="kad.vcf"',
          'Content-Disposition: attachment; filename="kad.vcf"',
          'Content-Transfer-Encoding: 7bit',
        ],
        lines(
          'BEGIN:VCARD',
          'VERSION:3.0',
          `FN:${pick(PEOPLE, n)}`,
          'URL:https://www.moh.example/',
          'END:VCARD',
        ),
      ),
  ],
  [
    'xml',
    (n) =>
      file(
        `invois-${n}.xml`,
        `<?xml version="1.0"?><Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"><ID>${n}</ID></Invoice>`,
        { type: 'application/xml' },
      ),
  ],
  [
    'odt',
    (n) =>
      file(
        `surat-${n}.odt`,
        zip([
          { name: 'mimetype', content: 'application/vnd.oasis.opendocument.text', stored: true },
          {
            name: 'content.xml',
            content: `<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"><t>Surat ${n}</t></office:document-content>`,
          },
        ]),
        { type: 'application/vnd.oasis.opendocument.text' },
      ),
  ],
  [
    'rtf',
    (n) =>
      file(`memo${n}.rtf`, `{\\rtf1\\ansi\\deff0 {\\fonttbl {\\f0 Arial;}}\\f0\\fs24 Memo ${n}\\par }`, {
        type: 'application/rtf',
      }),
  ],
  [
    'html file',
    (n) =>
      file(
        `laporan${n}.html`,
        `<html><body><h1>Laporan ${n}</h1><a href="https://www.moh.example/">MOH</a></body></html>`,
        { type: 'text/html' },
      ),
  ],
  [
    'mp3',
    (n) =>
      file(
        `mel suara ${n}.mp3`,
        Buffer.concat([Buffer.from('ID3\x03\x00\x00\x00\x00\x00\x00', 'latin1'), Buffer.alloc(400, n)]),
        { type: 'audio/mpeg' },
      ),
  ],
  [
    'svg',
    (n) =>
      file(
        `carta${n}.svg`,
        `<svg xmlns="http://www.w3.org/2000/svg" width="10" height="${10 + n}"><a href="https://www.moh.example/"><rect width="9" height="9"/></a></svg>`,
        { type: 'image/svg+xml' },
      ),
  ],
];

/** Where and how the file hangs on the message. */
const HANGINGS: readonly ((part: string, n: number) => string)[] = [
  (part, n) => multipart('mixed', `campur${n}==`, [text('plain', plain(n)), part]),
  (part, n) =>
    multipart('mixed', `----=_Part_${n}`, [
      multipart('alternative', `----=_Alt_${n}`, [
        text('plain', plain(n)),
        text('html', '<p>Dilampirkan.</p>'),
      ]),
      part,
    ]),
  // The file alone is the message.
  (part) => part,
];

const FILES: readonly Honest[] = KINDS.flatMap(([what, make], kind) =>
  HANGINGS.map((hang, way): Honest => {
    const n = kind * 3 + way;
    return {
      name: `a file: ${what}, hung in way ${way}`,
      build: (who) => message(head(who, topicOf(n).subject, pick(PEOPLE, n)), hang(make(n), n)),
    };
  }),
);

const NAMES = [
  'Surat Siaran.Bil.3.2026.pdf',
  'mesyuarat 14.8.2026, 9.00 pagi.pdf',
  "Wong's résumé (final).pdf",
  '报价单.pdf',
  'گزارش.pdf',
  'Re_ www.moh.example.pdf',
  '100% siap.pdf',
  'dropbox.com - panduan penggunaan.pdf',
  'A'.repeat(180).concat('.pdf'),
  'tanpa ending',
];

const NAMED: readonly Honest[] = NAMES.flatMap(
  (name, n) =>
    [
      {
        name: `a file named "${name.slice(0, 40)}", RFC 2231`,
        build: (who) =>
          message(
            head(who, topicOf(n).subject),
            multipart('mixed', `nama${n}`, [
              text('plain', plain(n)),
              entity(
                [
                  `Content-Type: application/pdf; name*=${extended(name)}`,
                  `Content-Disposition: attachment; filename*=${extended(name)}`,
                  'Content-Transfer-Encoding: base64',
                ],
                base64(pdf(`Nama ${n}`)),
              ),
            ]),
          ),
      },
      {
        name: `a file named "${name.slice(0, 40)}", encoded words or raw`,
        build: (who) => {
          const raw = /^[\x20-\x7e]*$/.test(name) ? name : n % 2 ? utf8(name) : encodedWords(name);
          return message(
            head(who, topicOf(n).subject),
            multipart('mixed', `nama${n}w`, [
              text('plain', plain(n)),
              file(raw, pdf(`Nama ${n}`), { type: 'application/pdf' }),
            ]),
          );
        },
      },
    ] satisfies Honest[],
);

/** Ten megabytes exactly pass (PTPA 3/2017 L1 §10(iv)). */
const LARGE: Honest = {
  name: 'attachments of exactly ten megabytes',
  build: (who) =>
    message(
      head(who, 'Pelan bangunan', pick(PEOPLE, 1)),
      multipart('mixed', 'besar', [
        text('plain', plain(3)),
        file('pelan-a.jpg', photograph(6_000_000), { type: 'image/jpeg' }),
        file('pelan-b.jpg', photograph(10_485_760 - 6_000_000), { type: 'image/jpeg' }),
      ]),
    ),
};

function photograph(size: number): Buffer {
  const picture = Buffer.alloc(size);
  // Like packed data: no pattern that a scanner would know.
  let state = size;
  for (let at = 0; at < size; at += 4) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    picture.writeUInt32LE(state, Math.min(at, size - 4));
  }
  JPEG.copy(picture);
  return picture;
}

export const HONEST_FILES: readonly Honest[] = [...FILES, ...NAMED, LARGE];
