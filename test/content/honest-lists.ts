/** Lists, digests, newsletters with followed links, and invitations of calendars. */
import { pdf } from './build-documents.ts';
import {
  base64,
  encodedWords,
  entity,
  file,
  head,
  lines,
  message,
  multipart,
  text,
  utf8,
  type Who,
} from './build-message.ts';
import { ascii, markup, PEOPLE, pick, plain, topicOf } from './honest-texts.ts';
import type { Honest } from './sample.ts';

function listFields(n: number): string[] {
  return [
    `List-Id: Senarai ${n} <pentadbir${n}.lists.partner.example>`,
    `List-Unsubscribe: <https://lists.partner.example/mailman3/lists/pentadbir${n}/>, <mailto:pentadbir${n}-leave@lists.partner.example>`,
    `List-Archive: <https://lists.partner.example/archives/list/pentadbir${n}/>`,
    `List-Post: <mailto:pentadbir${n}@lists.partner.example>`,
    'Precedence: list',
    'X-Mailman-Version: 3.3.9',
  ];
}

const footer = (n: number): string =>
  lines(
    '_______________________________________________',
    `Pentadbir${n} mailing list -- pentadbir${n}@lists.partner.example`,
    `To unsubscribe send an email to pentadbir${n}-leave@lists.partner.example`,
    'https://lists.partner.example/mailman3/',
  );

const MAILMAN: readonly Honest[] = Array.from(
  { length: 14 },
  (_, n): Honest => ({
    name: `Mailman (${n})`,
    build(who) {
      const fields = [
        ...head(who, `[Pentadbir${n}] ${topicOf(n).subject}`, `"${pick(PEOPLE, n)} via Pentadbir"`),
        ...listFields(n),
      ];
      if (n % 3 === 0)
        return message(
          fields,
          text('plain', plain(n) + footer(n), {
            encoding: pick(['8bit', 'base64', 'quoted-printable'] as const, n / 3),
          }),
        );
      const wrapped = entity(
        [
          'Content-Type: text/plain; charset="us-ascii"',
          'MIME-Version: 1.0',
          'Content-Transfer-Encoding: 7bit',
          'Content-Disposition: inline',
        ],
        footer(n),
      );
      const first =
        n % 3 === 1
          ? text('plain', plain(n), { encoding: '8bit' })
          : multipart('alternative', `----=_inner${n}`, [
              text('plain', plain(n)),
              text('html', `<html><body>${markup(n)}</body></html>`),
            ]);
      return message(
        fields,
        multipart('mixed', `===============${10_000_000 + n}4512345678==`, [first, wrapped]),
      );
    },
  }),
);

const DIGESTS: readonly Honest[] = Array.from(
  { length: 8 },
  (_, n): Honest => ({
    name: `a digest (${n})`,
    build(who) {
      const letters = Array.from({ length: 3 + n }, (_, at) =>
        entity(
          [...(n % 2 ? ['Content-Type: message/rfc822', 'MIME-Version: 1.0'] : [])],
          lines(
            `From: orang${at}@partner.example`,
            `Date: Mon, 23 Nov 2026 1${at % 10}:00:00 +0800`,
            `Message-ID: <d${n}.${at}@partner.example>`,
            `Subject: ${topicOf(n + at).subject}`,
            'MIME-Version: 1.0',
            'Content-Type: text/plain; charset="utf-8"',
            'Content-Transfer-Encoding: 8bit',
            '',
            plain(n + at),
          ),
        ),
      );
      return message(
        [...head(who, `Pentadbir Digest, Vol ${n}, Issue ${n + 1}`), ...listFields(n)],
        multipart('mixed', `===============digest${n}==`, [
          text(
            'plain',
            lines(
              "Today's Topics:",
              '',
              ...letters.map((_, at) => `   ${at + 1}. ${topicOf(n + at).subject}`),
            ),
            { charset: 'us-ascii', encoding: '7bit' },
          ),
          multipart('digest', `===============inner${n}==`, letters),
        ]),
      );
    },
  }),
);

const HOUSES = [
  'berita.partner.example',
  'news.partner.example',
  'mail.campaign.example',
  'e.universiti.example',
];

const NEWSLETTERS: readonly Honest[] = Array.from(
  { length: 16 },
  (_, n): Honest => ({
    name: `a newsletter (${n})`,
    build(who) {
      const house = pick(HOUSES, n);
      const code = Buffer.from(`u=${n}&c=${n * 7}`).toString('base64url');
      const followed = (target: string): string =>
        n % 2
          ? `https://click.${house}/ls/click?upn=${code}-2F${code}_${n}`
          : `https://${house}/track?u=${code}&amp;url=${encodeURIComponent(target)}`;
      const rows = topicOf(n).paragraphs.map(
        (row, at) =>
          `<tr><td style="padding:10px 0;font-family:Arial"><a href="${followed(`https://www.partner.example/artikel/${at}`)}" target="_blank">${utf8(row.replaceAll('&', '&amp;'))}</a></td></tr>`,
      );
      const html = `<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">\r\n<html xmlns="http://www.w3.org/1999/xhtml"><head><style type="text/css">@import url(https://fonts.googleapis.com/css?family=Lato);@media only screen and (max-width:480px){td{width:100%!important}}</style></head><body background="https://${house}/bg.png"><div style="display:none;max-height:0">&#847;&zwnj;&nbsp;${'&#8199;&#65279;'.repeat(10)}</div><!--[if mso]><table width="600"><tr><td><![endif]--><table width="100%">${rows.join('\r\n')}</table><a href="https://www.facebook.com/jabatan"><img src="https://${house}/fb.png" alt="Facebook"></a> <a href="https://www.youtube.com/watch?v=dQ${n}">YouTube</a><p><a href="https://${house}/unsubscribe/${code}">Berhenti melanggan</a></p><img src="https://${house}/open.gif?u=${code}" width="1" height="1"></body></html>`;
      return message(
        [
          ...head(
            who,
            encodedWords(`Buletin #${n} — ${topicOf(n).subject}`, n % 2 ? 'Q' : 'B'),
            '"Buletin Rasmi"',
          ),
          `List-Unsubscribe: <https://${house}/unsubscribe/${code}>`,
          'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
          `Feedback-ID: ${n}:kempen:partner`,
          `X-Report-Abuse-To: abuse@${house}`,
        ],
        multipart('alternative', `_----------=_MCPart_${100_000 + n}`, [
          text('plain', plain(n, `https://${house}/web/${code}`), { encoding: 'quoted-printable' }),
          text('html', html, { encoding: n % 3 ? 'quoted-printable' : 'base64' }),
        ]),
      );
    },
  }),
);

function calendar(who: Who, n: number, method: string): string {
  const fold = (line: string): string => line.replace(/(.{73})(?=.)/g, '$1\r\n ');
  return lines(
    'BEGIN:VCALENDAR',
    `METHOD:${method}`,
    'PRODID:Microsoft Exchange Server 2010',
    'VERSION:2.0',
    'BEGIN:VTIMEZONE',
    'TZID:Singapore Standard Time',
    'BEGIN:STANDARD',
    'DTSTART:16010101T000000',
    'TZOFFSETFROM:+0800',
    'TZOFFSETTO:+0800',
    'END:STANDARD',
    'END:VTIMEZONE',
    'BEGIN:VEVENT',
    `ORGANIZER;CN="${pick(PEOPLE, n)}":mailto:${who.from}`,
    fold(`ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;CN=${who.to}:mailto:${who.to}`),
    fold(
      utf8(
        `DESCRIPTION;LANGUAGE=en-US:${topicOf(n).paragraphs.join('\\n').replaceAll(',', '\\,').replaceAll(';', '\\;')}\\nJoin: https://meet.moh.example/j/${9000 + n}?pwd=abc\\n`,
      ),
    ),
    `UID:040000008200E00074C5B7101A82E008${String(n).padStart(8, '0')}`,
    utf8(`SUMMARY;LANGUAGE=en-US:${topicOf(n).subject.replaceAll(',', '\\,')}`),
    `DTSTART;TZID=Singapore Standard Time:202612${10 + n}T090000`,
    `DTEND;TZID=Singapore Standard Time:202612${10 + n}T100000`,
    'CLASS:PUBLIC',
    'PRIORITY:5',
    'DTSTAMP:20261124T014112Z',
    'STATUS:CONFIRMED',
    'SEQUENCE:0',
    'LOCATION;LANGUAGE=en-US:Bilik Gerakan',
    'BEGIN:VALARM',
    'DESCRIPTION:REMINDER',
    'TRIGGER;RELATED=START:-PT15M',
    'ACTION:DISPLAY',
    'END:VALARM',
    'END:VEVENT',
    'END:VCALENDAR',
  );
}

const CALENDARS: readonly Honest[] = Array.from(
  { length: 16 },
  (_, n): Honest => ({
    name: `a calendar's ${pick(['invitation', 'reply', 'cancellation', 'publication'], n)} (${n})`,
    build(who) {
      const method = pick(['REQUEST', 'REPLY', 'CANCEL', 'PUBLISH'], n);
      const event = calendar(who, n, method);
      const part = entity(
        [
          `Content-Type: text/calendar; charset="utf-8"; method=${method}`,
          `Content-Transfer-Encoding: ${n % 2 ? 'base64' : '8bit'}`,
        ],
        n % 2 ? base64(event) : event,
      );
      const both = multipart('alternative', `_000_cal${n}_`, [
        text('plain', plain(n), { encoding: 'quoted-printable' }),
        ...(n % 3
          ? [text('html', `<html><body>${markup(n)}</body></html>`, { encoding: 'quoted-printable' })]
          : []),
        part,
      ]);
      const fields = [
        ...head(
          who,
          `${pick(['', 'Accepted: ', 'Cancelled: ', ''], n)}${topicOf(n).subject}`,
          pick(PEOPLE, n),
        ),
      ];
      // Gmail repeats the event as a file.
      return message(
        fields,
        n < 8
          ? both
          : multipart('mixed', `0000000000cal${n}`, [
              both,
              file('invite.ics', event, { type: 'application/ics' }),
            ]),
      );
    },
  }),
);

const FORWARDED: readonly Honest[] = Array.from(
  { length: 12 },
  (_, n): Honest => ({
    name: `forwarded as an attachment (${n})`,
    build(who) {
      const original = (at: number): string =>
        message(
          [
            `From: ali${at}@partner.example`,
            `To: ${who.from}`,
            `Subject: ${topicOf(at).subject}`,
            `Date: Mon, 23 Nov 2026 10:0${at % 10}:00 +0800`,
            `Message-ID: <f${at}@partner.example>`,
          ],
          n % 2
            ? text('plain', ascii(at), { charset: 'us-ascii', encoding: '7bit' })
            : multipart('mixed', `asal${n}-${at}`, [
                text('plain', plain(at)),
                file(`asal ${at}.pdf`, pdf(`Asal ${at}`), { type: 'application/pdf' }),
              ]),
        );
      const attached = (content: string, at: number): string =>
        entity(
          [
            `Content-Type: message/rfc822${n % 3 ? `; charset=UTF-8; name="${topicOf(at).file}.eml"` : ''}`,
            ...(n % 3
              ? [
                  `Content-Disposition: attachment; filename="${topicOf(at).file}.eml"`,
                  'Content-Transfer-Encoding: 8bit',
                ]
              : ['Content-Disposition: inline']),
          ],
          content,
        );
      const inner =
        n < 8
          ? original(n)
          : message(
              [
                `From: ${who.to}`,
                'Subject: Fwd',
                'Date: Mon, 23 Nov 2026 11:00:00 +0800',
                `Message-ID: <g${n}@partner.example>`,
              ],
              multipart('mixed', `tengah${n}`, [text('plain', 'FYI\r\n'), attached(original(n + 1), n + 1)]),
            );
      return message(
        head(who, `Fwd: ${topicOf(n).subject}`),
        multipart('mixed', `luar${n}`, [
          text('plain', plain(n)),
          attached(inner, n),
          ...(n % 4 === 3 ? [attached(original(n + 2), n + 2)] : []),
        ]),
      );
    },
  }),
);

/** Against RFC 2046 §5.2.1, but so Gmail sends a letter that was uploaded. */
const UPLOADED: readonly Honest[] = Array.from(
  { length: 3 },
  (_, n): Honest => ({
    name: `a letter attached in base64 (${n})`,
    build(who) {
      const original = message(
        [
          `From: ali${n}@partner.example`,
          `Subject: ${topicOf(n).subject}`,
          'Date: Mon, 23 Nov 2026 10:00:00 +0800',
          `Message-ID: <u${n}@partner.example>`,
        ],
        text('plain', plain(n)),
      );
      return message(
        head(who, `Fwd: ${topicOf(n).subject}`),
        multipart('mixed', `muatnaik${n}`, [
          text('plain', plain(n)),
          file(`asal ${n}.eml`, original, { type: 'message/rfc822' }),
        ]),
      );
    },
  }),
);

export const LISTS: readonly Honest[] = [
  ...MAILMAN,
  ...DIGESTS,
  ...NEWSLETTERS,
  ...CALENDARS,
  ...FORWARDED,
  ...UPLOADED,
];
