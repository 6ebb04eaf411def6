/** Mail of Gmail, Yahoo, Roundcube and Zimbra. */
import { office, pdf, png } from './build-documents.ts';
import {
  base64,
  encodedWords,
  entity,
  extended,
  file,
  head,
  message,
  multipart,
  text,
  utf8,
} from './build-message.ts';
import { markup, PEOPLE, pick, plain, topicOf } from './honest-texts.ts';
import type { Honest } from './sample.ts';

const hex = (n: number, length: number): string =>
  ((n + 3) * 2654435761).toString(16).padStart(length, '0').slice(0, length);
const SUBJECTS = [
  'Tahniah & syabas 🎉',
  'Résumé – naïve café',
  '关于会议',
  'வணக்கம்',
  'Perkara: “Penting” — sila baca',
];

function gmail(n: number): string {
  const encoding = pick(['quoted-printable', 'base64', '7bit'] as const, n);
  const safe = (body: string): string => (encoding === '7bit' ? body.replace(/[^\x00-\x7f]/g, '') : body);
  return multipart('alternative', `000000000000${hex(n, 8)}0613${n}`, [
    text('plain', safe(plain(n)), { charset: '"UTF-8"', encoding }),
    text(
      'html',
      safe(
        `<div dir="ltr">${markup(n, 'div')}<br clear="all"><div><br></div><span class="gmail_signature_prefix">-- </span><br><div dir="ltr" class="gmail_signature"><a href="https://www.moh.example" target="_blank">www.moh.example</a></div></div>\r\n`,
      ),
      { charset: '"UTF-8"', encoding },
    ),
  ]);
}

const GMAIL: readonly Honest[] = [
  ...Array.from(
    { length: 10 },
    (_, n): Honest => ({
      name: `Gmail (${n})`,
      build: (who) =>
        message(
          head(who, n < 5 ? encodedWords(pick(SUBJECTS, n)) : topicOf(n).subject, pick(PEOPLE, n)),
          gmail(n),
        ),
    }),
  ),
  ...Array.from(
    { length: 8 },
    (_, n): Honest => ({
      name: `Gmail, attachments (${n})`,
      build(who) {
        const name = `${topicOf(n).file}.pdf`;
        const attached = entity(
          [
            `Content-Type: ${n % 2 ? 'application/pdf' : 'application/octet-stream'}; name="${n % 3 ? name : encodedWords(`senarai ${n} –.pdf`)}"`,
            `Content-Disposition: attachment; filename="${n % 3 ? name : encodedWords(`senarai ${n} –.pdf`)}"`,
            'Content-Transfer-Encoding: base64',
            `X-Attachment-Id: f_${hex(n, 8)}0`,
            `Content-ID: <f_${hex(n, 8)}0>`,
          ],
          base64(pdf(`Gmail ${n}`)),
        );
        return message(
          head(who, topicOf(n).subject, pick(PEOPLE, n)),
          multipart('mixed', `000000000000${hex(n + 40, 8)}0613`, [gmail(n), attached]),
        );
      },
    }),
  ),
  ...Array.from(
    { length: 5 },
    (_, n): Honest => ({
      name: `Gmail, a forwarded message in the text (${n})`,
      build: (who) =>
        message(
          head(who, `Fwd: ${topicOf(n).subject}`),
          text(
            'plain',
            utf8(
              `FYI\r\n\r\n---------- Forwarded message ---------\r\nFrom: Ali <ali${n}@partner.example>\r\nDate: Mon, 23 Nov 2026 at 10:0${n}\r\nSubject: ${topicOf(n).subject}\r\nTo: <siti@moh.example>\r\n\r\n`,
            ) + plain(n),
            { charset: '"UTF-8"', encoding: 'quoted-printable' },
          ),
        ),
    }),
  ),
];

const YAHOO: readonly Honest[] = Array.from(
  { length: 8 },
  (_, n): Honest => ({
    name: `Yahoo (${n})`,
    build(who) {
      const body = multipart('alternative', `----=_Part_${10_000 + n}_${hex(n, 9)}.1764000000${n}00`, [
        text('plain', plain(n), { charset: 'UTF-8', encoding: 'quoted-printable' }),
        text(
          'html',
          `<html><head></head><body><div class="ydp${hex(n, 6)}yahoo-style-wrap" style="font-family:Helvetica Neue, Arial;font-size:13px;">${markup(n, 'div')}</div></body></html>`,
          { charset: 'UTF-8', encoding: 'quoted-printable' },
        ),
      ]);
      const fields = [
        ...head(who, topicOf(n).subject, `"${pick(PEOPLE, n)}"`),
        'X-Mailer: WebService/1.1.24866 YMailNorrin',
      ];
      if (n < 4) return message(fields, body);
      return message(
        fields,
        multipart('mixed', `----=_Part_${20_000 + n}_${hex(n, 9)}`, [
          body,
          file(`gambar ${n}.png`, png(4, 4, n * 9), { type: 'image/png' }),
        ]),
      );
    },
  }),
);

const ROUNDCUBE: readonly Honest[] = Array.from(
  { length: 10 },
  (_, n): Honest => ({
    name: `Roundcube (${n})`,
    build(who) {
      const fields = [
        ...head(who, topicOf(n).subject, pick(PEOPLE, n)),
        'User-Agent: Roundcube Webmail/1.6.9',
        `X-Sender: ${who.from}`,
      ];
      const flowed = text('plain', plain(n), {
        charset: 'UTF-8',
        encoding: n % 2 ? '8bit' : '7bit',
        parameters: ';\r\n format=flowed',
      });
      if (n < 4)
        return message(
          fields,
          n % 2
            ? flowed
            : text('plain', plain(n).replace(/[^\x00-\x7f]/g, '-'), {
                charset: 'US-ASCII',
                encoding: '7bit',
                parameters: ';\r\n format=flowed',
              }),
        );
      const name = `${topicOf(n).file} (${n}).docx`;
      const attached = entity(
        [
          `Content-Type: application/vnd.openxmlformats-officedocument.wordprocessingml.document;\r\n name="${name}"`,
          'Content-Transfer-Encoding: base64',
          n % 2
            ? `Content-Disposition: attachment;\r\n filename*=${extended(name)};\r\n size=${4000 + n}`
            : `Content-Disposition: attachment;\r\n filename="${name}"; size=${4000 + n}`,
        ],
        base64(office('docx', `Roundcube ${n}`)),
      );
      return message(
        fields,
        multipart('mixed', `=_${hex(n, 8)}5b1e0d5b1e0d${hex(n + 1, 8)}`, [
          text('plain', plain(n), {
            charset: 'UTF-8',
            encoding: 'quoted-printable',
            parameters: ';\r\n format=flowed',
          }),
          attached,
        ]),
      );
    },
  }),
);

const ZIMBRA: readonly Honest[] = Array.from(
  { length: 10 },
  (_, n): Honest => ({
    name: `Zimbra (${n})`,
    build(who) {
      const id = `${hex(n, 8)}-1c2d-4e5f@zimbra`;
      const fields = [
        ...head(who, topicOf(n).subject, pick(PEOPLE, n)),
        'X-Mailer: Zimbra 8.8.15_GA_4717 (ZimbraWebClient - GC131 (Win)/8.8.15_GA_4717)',
        `Thread-Topic: ${topicOf(n).subject}`,
      ];
      const html = (more: string): string =>
        text(
          'html',
          `<html><body><div style="font-family: arial, helvetica, sans-serif; font-size: 12pt; color: #000000">${markup(n, 'div')}${more}</div></body></html>`,
          { charset: 'utf-8', encoding: 'quoted-printable' },
        );
      const alternative = (second: string): string =>
        multipart('alternative', `=_${hex(n, 8)}-aaaa-4bbb-8ccc-${hex(n, 8)}`, [
          text('plain', plain(n), { encoding: 'quoted-printable' }),
          second,
        ]);
      if (n < 5) return message(fields, alternative(html('')));
      const picture = entity(
        [
          `Content-Type: image/png; name=tandatangan${n}.png`,
          `Content-Disposition: inline; filename=tandatangan${n}.png`,
          'Content-Transfer-Encoding: base64',
          `Content-ID: <${id}>`,
        ],
        base64(png(6, 3, n * 11)),
      );
      // The pictures stand beside the HTML alone.
      return message(
        fields,
        alternative(
          multipart('related', `=_${hex(n + 9, 8)}-dddd`, [html(`<img src="cid:${id}" />`), picture]),
        ),
      );
    },
  }),
);

export const WEBMAIL: readonly Honest[] = [...GMAIL, ...YAHOO, ...ROUNDCUBE, ...ZIMBRA];
