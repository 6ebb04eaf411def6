/** A link to external storage in what hangs on a letter: files that a double click follows, documents, archives. */
import { gzip, tar, zip } from './build-archives.ts';
import { office, oldOffice, pdf, tnef } from './build-documents.ts';
import { attached, letterWith } from './build-letter.ts';
import { LINK } from './build-link.ts';
import { type Build, base64, entity, file, head, lines, message, text } from './build-message.ts';
import type { Case, Honest } from './sample.ts';

const EVENT = lines(
  'BEGIN:VCALENDAR',
  'BEGIN:VEVENT',
  `DESCRIPTION:Fail ${LINK}`,
  'END:VEVENT',
  'END:VCALENDAR',
);
const LETTER = `Subject: Asal\r\nMIME-Version: 1.0\r\n${text('plain', `${LINK}\r\n`)}`;
const RICH = `{\\rtf1\\ansi{\\field{\\*\\fldinst{HYPERLINK "${LINK}"}}{\\fldrslt Fail}}}`;
const WEBLOC = `<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd"><plist version="1.0"><dict><key>URL</key><string>${LINK}</string></dict></plist>`;
const PAGE = `<html><body><a href="${LINK}">Fail</a></body></html>`;

/** Their text is read where the letter is read. */
const AT_DOOR: readonly (readonly [string, Build])[] = [
  ['.url', attached('fail.url', `[InternetShortcut]\r\nURL=${LINK}\r\n`)],
  ['.webloc', attached('fail.webloc', WEBLOC)],
  ['.desktop', attached('fail.desktop.txt', `[Desktop Entry]\nType=Link\nURL=${LINK}\n`, 'text/plain')],
  ['.html', attached('fail.html', PAGE, 'text/html')],
  ['.html as octets', attached('fail.html', PAGE)],
  ['.htm as a picture', attached('fail.htm', PAGE, 'image/png')],
  [
    '.svg',
    attached(
      'gambar.svg',
      `<svg xmlns="http://www.w3.org/2000/svg"><a href="${LINK}"><rect/></a></svg>`,
      'image/svg+xml',
    ),
  ],
  ['.ics', attached('jemputan.ics', EVENT, 'application/ics')],
  [
    '.vcf',
    attached(
      'kad.vcf',
      lines('BEGIN:VCARD', 'VERSION:3.0', 'FN:Ali', `URL:${LINK}`, 'END:VCARD'),
      'text/vcard',
    ),
  ],
  ['.csv', attached('senarai.csv', `bil,pautan\r\n1,${LINK}\r\n`, 'text/csv')],
  ['.txt', attached('nota.txt', `Lihat ${LINK}\r\n`, 'text/plain')],
  ['.txt in UTF-16', attached('nota.txt', Buffer.from(`\ufeffLihat ${LINK}\r\n`, 'utf16le'), 'text/plain')],
  ['.xml', attached('data.xml', `<data><pautan>${LINK}</pautan></data>`, 'application/xml')],
  [
    '.eml in its own type',
    letterWith(
      entity(
        [
          'Content-Type: message/rfc822; name="asal.eml"',
          'Content-Disposition: attachment; filename="asal.eml"',
        ],
        LETTER,
      ),
    ),
  ],
];

/** As Word saves it: a link cut into runs, so that only who knows the form sees it whole. */
const [HALF = '', REST = ''] = LINK.split(/(?<=drop)/);
const WORD_XML = `<?xml version="1.0"?>\r\n<?mso-application progid="Word.Document"?>\r\n<w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"><w:body><w:p><w:r><w:t>${HALF}</w:t></w:r><w:r><w:t>${REST}</w:t></w:r></w:p></w:body></w:wordDocument>\r\n`;

const BY_WORKER: readonly (readonly [string, Build])[] = [
  ['.eml as octets', attached('asal.eml', LETTER)],
  ['a link of a PDF', attached('surat.pdf', pdf('Surat', [LINK]), 'application/pdf')],
  [
    'a link of a PDF in hexadecimal',
    attached('surat.pdf', pdf('Surat', [LINK], { hexStrings: true }), 'application/pdf'),
  ],
  ['the text of a PDF', attached('surat.pdf', pdf(`Muat turun ${LINK}`), 'application/pdf')],
  [
    'a PDF that opens it',
    attached(
      'surat.pdf',
      pdf('Surat', [], { catalog: `/OpenAction << /S /URI /URI (${LINK}) >> ` }),
      'application/pdf',
    ),
  ],
  ['a PDF under another name', attached('surat.dat', pdf('Surat', [LINK]))],
  [
    'a PDF, inline',
    letterWith(file('surat.pdf', pdf('Surat', [LINK]), { type: 'application/pdf', disposition: 'inline' })),
  ],
  ['.docx', attached('surat.docx', office('docx', 'Surat', [LINK]))],
  ['the text of .docx', attached('surat.docx', office('docx', `Lihat ${LINK}`))],
  ['.xlsx', attached('helaian.xlsx', office('xlsx', 'Helaian', [LINK]))],
  ['.pptx', attached('slaid.pptx', office('pptx', 'Slaid', [LINK]))],
  ['.docx under another name', attached('surat.dat', office('docx', 'Surat', [LINK]))],
  [
    'a template of .docx',
    attached(
      'surat.docx',
      zip([
        { name: '[Content_Types].xml', content: '<Types/>' },
        { name: 'word/document.xml', content: '<w/>' },
        {
          name: 'word/_rels/settings.xml.rels',
          content: `<Relationships><Relationship Id="a" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" Target="${LINK}" TargetMode="External"/></Relationships>`,
        },
      ]),
    ),
  ],
  [
    '.doc',
    attached(
      'surat.doc',
      oldOffice('WordDocument', `Surat HYPERLINK "${LINK}" Fail `.repeat(3)),
      'application/msword',
    ),
  ],
  ['.xls', attached('gaji.xls', oldOffice('Workbook', `Gaji ${LINK} `.repeat(3)))],
  ['.ppt', attached('slaid.ppt', oldOffice('PowerPoint Document', `Slaid ${LINK} `.repeat(3)))],
  ['.rtf', attached('memo.rtf', RICH, 'application/rtf')],
  [
    '.odt',
    attached(
      'surat.odt',
      zip([
        { name: 'mimetype', content: 'application/vnd.oasis.opendocument.text', stored: true },
        {
          name: 'content.xml',
          content: `<office:document-content xmlns:xlink="http://www.w3.org/1999/xlink"><text:a xlink:href="${LINK}">x</text:a></office:document-content>`,
        },
      ]),
    ),
  ],
  ['text in a zip', attached('fail.zip', zip([{ name: 'nota.txt', content: `Lihat ${LINK}` }]))],
  [
    '.url in a zip',
    attached('fail.zip', zip([{ name: 'fail.url', content: `[InternetShortcut]\r\nURL=${LINK}\r\n` }])),
  ],
  ['.html in a zip', attached('fail.zip', zip([{ name: 'a/b/fail.html', content: PAGE }]))],
  [
    '.docx in a zip',
    attached('fail.zip', zip([{ name: 'surat.docx', content: office('docx', 'Surat', [LINK]) }])),
  ],
  [
    '.pdf in a zip in a zip',
    attached(
      'fail.zip',
      zip([{ name: 'dalam.zip', content: zip([{ name: 'surat.pdf', content: pdf('Surat', [LINK]) }]) }]),
    ),
  ],
  ['.eml in a zip', attached('fail.zip', zip([{ name: 'asal.eml', content: LETTER }]))],
  [
    '.docx in .eml as octets',
    attached(
      'asal.eml',
      `Subject: x\r\nMIME-Version: 1.0\r\n${file('surat.docx', office('docx', 'Surat', [LINK]))}`,
    ),
  ],
  ['a document in one file of XML', attached('surat.xml', WORD_XML, 'application/octet-stream')],
  ['the same by the name of an old document', attached('surat.doc', WORD_XML, 'application/msword')],
  ['in a gzip', attached('nota.txt.gz', gzip(`Lihat ${LINK}\n`))],
  ['in a tar.gz', attached('fail.tgz', gzip(tar([{ name: 'nota.txt', content: `Lihat ${LINK}\n` }])))],
  [
    'in winmail.dat',
    attached('winmail.dat', tnef([['nota.txt', Buffer.from(`Lihat ${LINK}`)]]), 'application/ms-tnef'),
  ],
  [
    'a document in winmail.dat',
    attached('winmail.dat', tnef([['surat.docx', office('docx', 'Surat', [LINK])]]), 'application/ms-tnef'),
  ],
  [
    'a PDF in an attached message',
    letterWith(
      entity(
        ['Content-Type: message/rfc822'],
        `Subject: x\r\nMIME-Version: 1.0\r\n${file('surat.pdf', pdf('Surat', [LINK]), { type: 'application/pdf' })}`,
      ),
    ),
  ],
  [
    '.pdf, the only part',
    (who) =>
      message(head(who, 'Dokumen'), file('surat.pdf', pdf('Surat', [LINK]), { type: 'application/pdf' })),
  ],
  [
    '.docx in octets, binary',
    letterWith(
      entity(
        ['Content-Type: application/octet-stream; name="surat.docx"', 'Content-Transfer-Encoding: base64'],
        base64(office('docx', 'Surat', [LINK]), 60),
      ),
    ),
  ],
];

const make =
  (where: Case['where']) =>
  ([name, build]: readonly [string, Build]): Case => ({
    name: `a link in a file: ${name}`,
    reason: 'external-storage',
    where,
    build,
  });

export const DOCUMENT_CASES: readonly Case[] = [
  ...AT_DOOR.map(make('door')),
  ...BY_WORKER.map(make('worker')),
];

const CLEAN = 'https://www.moh.example/borang/1';

export const DOCUMENT_TWINS: readonly Honest[] = [
  {
    name: 'an honest link of a PDF',
    build: attached('surat.pdf', pdf('Surat tentang dropbox.com', [CLEAN]), 'application/pdf'),
  },
  {
    name: 'an honest link of .docx',
    build: attached('surat.docx', office('docx', 'Jangan guna dropbox.com', [CLEAN])),
  },
  { name: 'an honest .url', build: attached('fail.url', `[InternetShortcut]\r\nURL=${CLEAN}\r\n`) },
  { name: 'an honest page', build: attached('fail.html', `<a href="${CLEAN}">Borang</a>`, 'text/html') },
  {
    name: 'an honest zip',
    build: attached('fail.zip', zip([{ name: 'nota.txt', content: `Lihat ${CLEAN}, bukan dropbox.com` }])),
  },
  {
    name: 'an honest .doc',
    build: attached(
      'surat.doc',
      oldOffice('WordDocument', `Rujuk ${CLEAN} dan dropbox.com `.repeat(4)),
      'application/msword',
    ),
  },
  {
    name: 'an honest winmail.dat',
    build: attached('winmail.dat', tnef([['nota.txt', Buffer.from('Hai')]]), 'application/ms-tnef'),
  },
];
