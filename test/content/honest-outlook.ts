/** Mail of Outlook and Exchange: related parts with `_000_` boundaries, TNEF, calendar, journal reports. */
import { office, oldOffice, pdf, png, tnef } from './build-documents.ts';
import { base64, entity, file, head, message, multipart, text, utf8, type Who } from './build-message.ts';
import { markup, PEOPLE, pick, plain, topicOf } from './honest-texts.ts';
import type { Honest } from './sample.ts';

const boundary = (n: number, place: number): string =>
  `_00${place}_SG2PR03MB4519${String(n).padStart(2, '0')}A7F0B2C9D4E8SG2PR03MB4519apcp_`;

const thread = (n: number): string =>
  Buffer.from(`AdmQ${n}thread-index-of-outlook`.padEnd(27, 'x')).toString('base64').slice(0, 36);

function fields(who: Who, n: number, attached: boolean): string[] {
  const { subject } = topicOf(n);
  return [
    ...head(who, subject, `"${pick(PEOPLE, n)}"`),
    `Thread-Topic: ${subject.replace(/^(?:Re|Fwd): /, '')}`,
    `Thread-Index: ${thread(n)}`,
    'Accept-Language: en-MY, ms-MY, en-US',
    'Content-Language: en-US',
    `X-MS-Has-Attach: ${attached ? 'yes' : ''}`,
    'X-MS-TNEF-Correlator:',
    ...(n % 3 === 0
      ? ['x-ms-exchange-messagesentrepresentingtype: 1', 'Importance: high', 'X-Priority: 1']
      : []),
  ];
}

const WORD_HEAD =
  '<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" ' +
  'xmlns:w="urn:schemas-microsoft-com:office:word" xmlns="http://www.w3.org/TR/REC-html40">\r\n<head>\r\n' +
  '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\r\n<meta name="Generator" content="Microsoft Word 15 (filtered medium)">\r\n' +
  '<!--[if !mso]><style>v\\:* {behavior:url(#default#VML);}\r\no\\:* {behavior:url(#default#VML);}</style><![endif]-->' +
  '<style><!--\r\n/* Font Definitions */\r\n@font-face\r\n\t{font-family:Calibri;\r\n\tpanose-1:2 15 5 2 2 2 4 3 2 4;}\r\n' +
  'p.MsoNormal, li.MsoNormal\r\n\t{margin:0in;\r\n\tfont-size:11.0pt;}\r\na:link, span.MsoHyperlink\r\n\t{mso-style-priority:99;\r\n\tcolor:#0563C1;}\r\n--></style>' +
  '<!--[if gte mso 9]><xml>\r\n<o:shapedefaults v:ext="edit" spidmax="1026" />\r\n</xml><![endif]-->\r\n</head>\r\n';

function wordHtml(n: number, more = ''): string {
  const signature =
    `<p class="MsoNormal"><b>${pick(PEOPLE, n)}</b><o:p></o:p></p>\r\n<p class="MsoNormal"><a href="https://www.moh.example/">www.moh.example</a>` +
    ` | <a href="mailto:pejabat@moh.example">pejabat@moh.example</a> | Tel: 03-8883 ${1000 + n}<o:p></o:p></p>`;
  return `${WORD_HEAD}<body lang="EN-MY" link="#0563C1" vlink="#954F72">\r\n<div class="WordSection1">\r\n${markup(n, 'o:p')}${more}${signature}\r\n</div>\r\n</body>\r\n</html>\r\n`;
}

function alternative(n: number, more = ''): string {
  const encoding = pick(['quoted-printable', 'base64'] as const, n);
  const charset = 'utf-8';
  return multipart('alternative', boundary(n, 0), [
    text('plain', plain(n), { charset: `"${charset}"`, encoding }),
    text('html', wordHtml(n, more), { charset: `"${charset}"`, encoding }),
  ]);
}

const ATTACHED = [
  (n: number) =>
    file(`${topicOf(n).file}.docx`, office('docx', `Surat ${n}`, ['https://www.moh.example/']), {
      type: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
      fields: [`Content-Description: ${topicOf(n).file}.docx`],
    }),
  (n: number) =>
    file(`${topicOf(n).file}.xlsx`, office('xlsx', `Helaian ${n}`), {
      type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    }),
  (n: number) => file(`${topicOf(n).file}.pdf`, pdf(`Salinan ${n}`), { type: 'application/pdf' }),
  (n: number) =>
    file(`${topicOf(n).file}.doc`, oldOffice('WordDocument', `Surat lama ${n} `.repeat(30)), {
      type: 'application/msword',
    }),
];

export const OUTLOOK: readonly Honest[] = [
  ...Array.from(
    { length: 8 },
    (_, n): Honest => ({
      name: `Outlook, text and HTML (${n})`,
      build: (who) => message(fields(who, n, false), alternative(n)),
    }),
  ),
  ...Array.from(
    { length: 8 },
    (_, n): Honest => ({
      name: `Outlook, pictures in the signature (${n})`,
      build(who) {
        const id = `image00${n}.png@01DC12AB.7F3C2D10`;
        const picture = entity(
          [
            `Content-Type: image/png; name="image00${n}.png"`,
            `Content-Description: image00${n}.png`,
            `Content-Disposition: inline; filename="image00${n}.png"; size=${90 + n};`,
            '\tcreation-date="Tue, 24 Nov 2026 01:40:00 GMT"; modification-date="Tue, 24 Nov 2026 01:40:00 GMT"',
            `Content-ID: <${id}>`,
            'Content-Transfer-Encoding: base64',
          ],
          base64(png(8 + n, 8, n * 20)),
        );
        const body = alternative(n + 8, `<img width="120" src="cid:${id}" alt="Logo">`);
        return message(
          fields(who, n + 8, true),
          multipart('related', boundary(n, 6), [body, picture], ';\r\n\ttype="multipart/alternative"'),
        );
      },
    }),
  ),
  ...Array.from(
    { length: 12 },
    (_, n): Honest => ({
      name: `Outlook, attachments (${n})`,
      build: (who) =>
        message(
          fields(who, n, true),
          multipart('mixed', boundary(n, 4), [
            alternative(n),
            pick(ATTACHED, n)(n),
            ...(n > 5 ? [pick(ATTACHED, n + 1)(n + 3)] : []),
          ]),
        ),
    }),
  ),
  ...Array.from(
    { length: 6 },
    (_, n): Honest => ({
      name: `Outlook, TNEF (${n})`,
      build: (who) =>
        message(
          [
            ...head(who, topicOf(n).subject, `"${pick(PEOPLE, n)}"`),
            'X-Mailer: Microsoft Outlook 16.0',
            'X-MS-TNEF-Correlator: <00000000C7A4>',
          ],
          multipart('mixed', `----=_NextPart_000_00${n}4_01DC12AB.7F3C2D10`, [
            text('plain', plain(n), { charset: '"utf-8"', encoding: 'quoted-printable' }),
            file('winmail.dat', tnef(n % 2 === 0 ? [] : [[`nota${n}.txt`, Buffer.from(`nota ${n}`)]]), {
              type: 'application/ms-tnef',
            }),
          ]),
        ),
    }),
  ),
  ...Array.from(
    { length: 6 },
    (_, n): Honest => ({
      name: `Outlook 2003, windows-1252 (${n})`,
      build: (who) =>
        message(
          [
            ...head(who, `=?iso-8859-1?Q?Caf=E9_${n}?=`),
            'X-Mailer: Microsoft Office Outlook 11',
            'X-MimeOLE: Produced By Microsoft MimeOLE V6.00.2900.2180',
          ],
          multipart('alternative', `----=_NextPart_000_000${n}_01C7A4F0.5E6B8A30`, [
            text('plain', `Caf\xe9 \x93d'accord\x94 \x96 ${n}\r\n`, {
              charset: '"windows-1252"',
              encoding: 'quoted-printable',
            }),
            text(
              'html',
              `<HTML><BODY><FONT face=Arial size=2>Caf\xe9 &amp; roti \x96 ${n}</FONT></BODY></HTML>\r\n`,
              { charset: '"windows-1252"', encoding: 'quoted-printable' },
            ),
          ]),
        ),
    }),
  ),
  ...Array.from(
    { length: 6 },
    (_, n): Honest => ({
      name: `Exchange, journal report (${n})`,
      build(who) {
        const inner = message(fields(who, n + 3, false), alternative(n + 3));
        const report = `Sender: ${who.from}\r\nSubject: ${topicOf(n + 3).subject}\r\nMessage-Id: <${n}@journal.example>\r\nTo: ${who.to}\r\n`;
        return message(
          [...head(who, topicOf(n + 3).subject, '"Microsoft Outlook"'), 'X-MS-Journal-Report:'],
          multipart('mixed', `${n}f2c9d4e8-_Journal_Envelope_`, [
            text('plain', utf8(report), { charset: '"us-ascii"', encoding: '7bit' }),
            entity(['Content-Type: message/rfc822'], inner),
          ]),
        );
      },
    }),
  ),
  ...Array.from(
    { length: 8 },
    (_, n): Honest => ({
      name: `Outlook, a thread with quotes (${n})`,
      build(who) {
        const quoted = Array.from(
          { length: 3 + n },
          (_, at) =>
            `<div style="border:none;border-top:solid #E1E1E1 1.0pt"><p class="MsoNormal"><b>From:</b> ${pick(PEOPLE, at)} &lt;orang${at}@moh.example&gt;<br><b>Sent:</b> Monday, 23 November 2026 ${9 + at}:15<br><b>Subject:</b> ${topicOf(n).subject}</p></div>${markup(n + at)}`,
        ).join('\r\n');
        return message(
          [
            ...fields(who, n, false),
            `References: <a${n}@moh.example> <b${n}@moh.example>`,
            `In-Reply-To: <b${n}@moh.example>`,
          ],
          alternative(n, quoted),
        );
      },
    }),
  ),
];
