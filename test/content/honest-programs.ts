/** Mail of programs on desks and telephones: Apple Mail, Thunderbird, K-9, mutt, Notes, and machines that send by themselves. */
import { GIF, JPEG, office, pdf, png } from './build-documents.ts';
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
  type Who,
} from './build-message.ts';
import { ascii, markup, PEOPLE, pick, plain, topicOf } from './honest-texts.ts';
import type { Honest } from './sample.ts';

const APPLE_FLOWED = ';\r\n\tformat=flowed;\r\n\tdelsp=yes';
const uuid = (n: number): string =>
  `${((n + 7) * 2654435761).toString(16).toUpperCase().padStart(8, '0').slice(0, 8)}-9B1C-4C6E-8F0A-${String(n).padStart(12, '0')}`;

function apple(who: Who, n: number): string[] {
  return [
    ...head(who, topicOf(n).subject, pick(PEOPLE, n)),
    n % 2 ? 'X-Mailer: Apple Mail (2.3826.500.181.1.5)' : 'X-Mailer: iPhone Mail (22F76)',
  ];
}

function applePart(type: string, name: string, content: Buffer, disposition: string, id: string): string {
  return entity(
    [
      `Content-Disposition: ${disposition};\r\n\tfilename*=${extended(name)}`,
      `Content-Type: ${type};\r\n\tx-unix-mode=0644;\r\n\tname="${/^[\x20-\x7e]*$/.test(name) ? name : encodedWords(name)}"`,
      'Content-Transfer-Encoding: base64',
      `Content-Id: <${id}>`,
    ],
    base64(content),
  );
}

const APPLE: readonly Honest[] = [
  ...Array.from(
    { length: 6 },
    (_, n): Honest => ({
      name: `Apple Mail, text (${n})`,
      build: (who) =>
        message(
          apple(who, n),
          text('plain', plain(n), {
            encoding: n % 2 ? 'quoted-printable' : '8bit',
            parameters: APPLE_FLOWED,
          }),
        ),
    }),
  ),
  ...Array.from(
    { length: 10 },
    (_, n): Honest => ({
      name: `Apple Mail, HTML around attachments (${n})`,
      build(who) {
        const mark = `Apple-Mail=_${uuid(n)}`;
        const id = `${uuid(n + 50)}@moh.example`;
        const name = pick(['Screenshot 2026-11-24 at 9.41.12\u202fAM.png', 'IMG_0417.png', 'foto ñ.png'], n);
        const middle = text(
          'html',
          `<html><head></head><body>${markup(n)}<img src="cid:${id}"></body></html>`,
          { charset: 'us-ascii', encoding: 'quoted-printable' },
        );
        const pieces = [
          middle,
          n % 2
            ? applePart('image/png', name, png(5 + n, 5, n * 13), 'inline', id)
            : applePart('application/pdf', `${topicOf(n).file}.pdf`, pdf(`Apple ${n}`), 'inline', id),
          text('html', '<html><body><br></body></html>', { charset: 'us-ascii', encoding: '7bit' }),
        ];
        return message(
          apple(who, n),
          multipart('alternative', `${mark}0`, [
            text('plain', plain(n), { encoding: 'quoted-printable', parameters: APPLE_FLOWED }),
            multipart(n % 3 ? 'mixed' : 'related', `${mark}1`, pieces),
          ]),
        );
      },
    }),
  ),
  ...Array.from(
    { length: 4 },
    (_, n): Honest => ({
      name: `iPhone, a photograph (${n})`,
      build: (who) =>
        message(
          apple(who, n * 2),
          multipart('mixed', `Apple-Mail-${uuid(n)}`, [
            text('plain', '\r\n', { charset: 'us-ascii', encoding: '7bit' }),
            entity(
              [
                `Content-Type: image/jpeg; name=IMG_${400 + n}.jpeg; x-apple-part-url=${uuid(n)}`,
                `Content-Disposition: inline; filename=IMG_${400 + n}.jpeg`,
                'Content-Transfer-Encoding: base64',
              ],
              base64(JPEG),
            ),
            text('plain', '\r\n\r\nSent from my iPhone', { charset: 'us-ascii', encoding: '7bit' }),
          ]),
        ),
    }),
  ),
];

const THUNDERBIRD: readonly Honest[] = Array.from(
  { length: 14 },
  (_, n): Honest => ({
    name: `Thunderbird (${n})`,
    build(who) {
      const fields = [
        ...head(who, topicOf(n).subject, pick(PEOPLE, n)),
        'User-Agent: Mozilla Thunderbird',
        'Content-Language: en-US',
        ...(n % 2
          ? [
              `Autocrypt: addr=${who.from}; keydata=\r\n xsBNBGK${'mQENBFuX9oQBCAC9'.repeat(4)}\r\n ${'a7kZxvZ1lqv9k3Pq'.repeat(4)}==`,
            ]
          : []),
      ];
      const flowed = text('plain', plain(n), {
        charset: 'UTF-8',
        encoding: '8bit',
        parameters: '; format=flowed',
      });
      if (n < 4) return message(fields, flowed);
      const long = `${topicOf(n).file} yang sangat panjang namanya untuk dibahagi dua ${n}.xlsx`;
      const attached = entity(
        [
          `Content-Type: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet;\r\n name="${n % 2 ? long : encodedWords(long)}"`,
          `Content-Disposition: attachment;\r\n filename*0="${long.slice(0, 50)}";\r\n filename*1="${long.slice(50)}"`,
          'Content-Transfer-Encoding: base64',
        ],
        base64(office('xlsx', `TB ${n}`)),
      );
      const both = multipart('alternative', `------------${uuid(n + 20)}`, [
        flowed,
        text(
          'html',
          `<!DOCTYPE html><html><head><meta http-equiv="content-type" content="text/html; charset=UTF-8"></head><body>${markup(n)}<div class="moz-signature">-- <br>${pick(PEOPLE, n)}</div></body></html>`,
          { charset: 'UTF-8' },
        ),
      ]);
      if (n < 8) return message(fields, both);
      return message(
        fields,
        multipart('mixed', `------------${uuid(n)}`, [n % 2 ? both : flowed, attached]).replace(
          '\r\n\r\n',
          '\r\n\r\nThis is a multi-part message in MIME format.\r\n',
        ),
      );
    },
  }),
);

const TELEPHONES: readonly Honest[] = Array.from(
  { length: 12 },
  (_, n): Honest => ({
    name: `${n % 2 ? 'K-9 Mail' : 'Samsung Email'} (${n})`,
    build(who) {
      const fields = [
        ...head(who, topicOf(n).subject),
        n % 2 ? 'User-Agent: K-9 Mail for Android' : 'X-Mailer: Samsung Email 6.1',
      ];
      const mark = (at: number): string =>
        n % 2
          ? `----${uuid(at).replaceAll('-', '').slice(0, 30)}`
          : `--_com.samsung.android.email_${17_640_000_000 + at}`;
      const both = multipart('alternative', mark(n), [
        text('plain', plain(n), { encoding: 'quoted-printable' }),
        text(
          'html',
          `<!DOCTYPE html><html><body>${markup(n)}-- <br>Sent from my Android device with K-9 Mail. Please excuse my brevity.</body></html>`,
          { encoding: 'quoted-printable' },
        ),
      ]);
      if (n < 6) return message(fields, both);
      return message(
        fields,
        multipart('mixed', mark(n + 30), [
          both,
          file(`2026112${n % 10}_0941.jpg`, JPEG, { type: 'image/jpeg' }),
        ]),
      );
    },
  }),
);

const MUTT: readonly Honest[] = Array.from(
  { length: 10 },
  (_, n): Honest => ({
    name: `mutt (${n})`,
    build(who) {
      const fields = [
        ...head(who, topicOf(n).subject, pick(PEOPLE, n)),
        'User-Agent: Mutt/2.2.13 (2024-03-09)',
        `Mail-Followup-To: ${who.from}`,
      ];
      const body = entity(
        [
          `Content-Type: text/plain; charset=${n % 2 ? 'utf-8' : 'us-ascii'}`,
          'Content-Disposition: inline',
          ...(n % 2 ? ['Content-Transfer-Encoding: 8bit'] : []),
        ],
        n % 2 ? plain(n) : ascii(n),
      );
      if (n < 4) return message(fields, body);
      const patch = lines(
        'diff --git a/README b/README',
        '--- a/README',
        '+++ b/README',
        '@@ -1 +1 @@',
        '-lama',
        `+baharu ${n}`,
        '-- ',
        '2.43.0',
      );
      const attached = entity(
        [
          `Content-Type: text/x-diff; charset=us-ascii`,
          `Content-Disposition: attachment; filename="000${n}-baiki.patch"`,
        ],
        patch,
      );
      return message(fields, multipart('mixed', `${uuid(n).slice(0, 8)}fTzXgBl`, [body, attached]));
    },
  }),
);

const NOTES: readonly Honest[] = Array.from(
  { length: 6 },
  (_, n): Honest => ({
    name: `Notes (${n})`,
    build(who) {
      const fields = [
        ...head(who, topicOf(n).subject, pick(PEOPLE, n)),
        'X-Mailer: IBM Notes Release 9.0.1FP8 February 23, 2017',
        'X-MIMETrack: Serialize by Router on N1/MOH(Release 9.0.1)',
      ];
      const id = `1__=${uuid(n).slice(0, 8)}DF@moh.example`;
      const related = multipart('related', `0__=${uuid(n).slice(0, 8)}DFC`, [
        multipart('alternative', `1__=${uuid(n).slice(0, 8)}DFD`, [
          text('plain', ascii(n), { charset: 'US-ASCII', encoding: '7bit' }),
          text('html', `<html><body>${markup(n)}<img src="cid:${id}"></body></html>\r\n`, {
            encoding: 'quoted-printable',
          }),
        ]),
        entity(
          [
            `Content-type: image/gif; name="1${n}.gif"`,
            `Content-Disposition: inline; filename="1${n}.gif"`,
            `Content-ID: <${id}>`,
            'Content-Transfer-Encoding: base64',
          ],
          base64(GIF),
        ),
      ]);
      return message(fields, related);
    },
  }),
);

const MACHINES: readonly Honest[] = Array.from(
  { length: 12 },
  (_, n): Honest => ({
    name: `${pick(['scanner', 'PHPMailer', 'JavaMail', 'cron'], n)} (${n})`,
    build(who) {
      const kind = n % 4;
      const from = head(
        who,
        pick(
          [
            `Message from "RNP58387${n}"`,
            `Resit rasmi ${n}`,
            `Notifikasi e-Perolehan ${n}`,
            `Cron <root@app${n}> /usr/bin/semak`,
          ],
          kind,
        ),
        pick(['"Pengimbas"', '"Portal Agensi"', '', 'Cron Daemon'], kind),
      );
      if (kind === 0)
        return message(
          from,
          multipart('mixed', `DC_BOUND_PRE_<176400${n}.0026730${n}>`, [
            entity(
              ['Content-Type: text/plain; charset="US-ASCII"', 'Content-Transfer-Encoding: 7bit'],
              lines(
                'This E-mail was sent from "RNP583879" (MP C3004ex).',
                '',
                `Scan Date: 11.24.2026 09:41:${10 + n} (+0800)`,
              ),
            ),
            file(`2026112409411${n}.pdf`, pdf(`Imbasan ${n}`), { type: 'application/pdf' }),
          ]),
        );
      if (kind === 1)
        return message(
          [...from, 'X-Mailer: PHPMailer 6.9.1 (https://github.com/PHPMailer/PHPMailer)'],
          text(
            'html',
            utf8(
              `<!doctype html><html><body style="margin:0"><table><tr><td>Resit No. ${1000 + n}</td><td>RM ${n}.00</td></tr></table></body></html>`,
            ),
            { charset: 'utf-8', encoding: 'base64' },
          ),
        );
      if (kind === 2)
        return message(
          from,
          multipart('mixed', `----=_Part_${n}_1409160069.1764000000`, [
            text('plain', plain(n), { charset: 'UTF-8', encoding: 'quoted-printable' }),
            entity(
              [
                'Content-Type: text/csv; charset=UTF-8; name=senarai.csv',
                'Content-Transfer-Encoding: 7bit',
                'Content-Disposition: attachment; filename=senarai.csv',
              ],
              lines('no,nama,jumlah', `1,Ali,${n * 10}`),
            ),
          ]),
        );
      return message(
        [...from, 'X-Cron-Env: <SHELL=/bin/sh>', 'Auto-Submitted: auto-generated'],
        text('plain', lines(`semak: 0 ralat, ${n} amaran`), { charset: 'UTF-8', encoding: '8bit' }),
      );
    },
  }),
);

export const PROGRAMS: readonly Honest[] = [
  ...APPLE,
  ...THUNDERBIRD,
  ...TELEPHONES,
  ...MUTT,
  ...NOTES,
  ...MACHINES,
];
