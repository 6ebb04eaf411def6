/** Reports of servers and programs: RFC 3464, RFC 8098, the bounces of those that know neither, and replies by themselves. */
import { between, CRLF, entity, head, lines, message, multipart, text, type Who } from './build-message.ts';
import { ascii, PEOPLE, pick, plain, topicOf } from './honest-texts.ts';
import type { Honest } from './sample.ts';

const ACTIONS = ['failed', 'delayed', 'delivered', 'relayed', 'expanded'];
const SERVERS = ['Postfix', 'Sendmail', 'Exchange', 'Exim'];

const original = (who: Who, n: number): string =>
  message(
    [
      `Received: from [10.0.0.${n}] by mail.moh.example with ESMTPSA id abc${n}; Tue, 24 Nov 2026 01:41:12 +0000`,
      `From: ${who.to}`,
      `To: tiada${n}@partner.example`,
      `Subject: ${topicOf(n).subject}`,
      'Date: Tue, 24 Nov 2026 09:41:12 +0800',
      `Message-ID: <asal${n}@moh.example>`,
    ],
    text('plain', ascii(n), { charset: 'us-ascii', encoding: '7bit' }),
  );

const headerOf = (letter: string): string => `${letter.slice(0, letter.indexOf(CRLF + CRLF))}${CRLF}`;

const DSNS: readonly Honest[] = Array.from(
  { length: 20 },
  (_, n): Honest => ({
    name: `${pick(SERVERS, n)}: ${pick(ACTIONS, n)} (${n})`,
    build(who) {
      const action = pick(ACTIONS, n);
      const status = pick(['5.1.1', '4.4.1', '2.0.0', '2.0.0', '2.0.0'], n);
      const report = lines(
        'Reporting-MTA: dns; mx.partner.example',
        `X-Postfix-Queue-ID: 4X${n}`,
        `X-Postfix-Sender: rfc822; ${who.to}`,
        'Arrival-Date: Tue, 24 Nov 2026 09:41:12 +0800 (MYT)',
        '',
        `Final-Recipient: rfc822; tiada${n}@partner.example`,
        `Original-Recipient: rfc822;tiada${n}@partner.example`,
        `Action: ${action}`,
        `Status: ${status}`,
        'Remote-MTA: dns; mx2.partner.example',
        `Diagnostic-Code: smtp; ${status.startsWith('2') ? '250 2.0.0 Ok' : `550 ${status} <tiada${n}@partner.example>: Recipient address rejected`}`,
      );
      const returned =
        n % 2
          ? entity(
              ['Content-Description: Undelivered Message', 'Content-Type: message/rfc822'],
              original(who, n),
            )
          : entity(
              [
                'Content-Description: Undelivered Message Headers',
                `Content-Type: ${n % 4 ? 'text/rfc822-headers' : 'message/rfc822-headers'}`,
              ],
              headerOf(original(who, n)),
            );
      return message(
        [
          ...head(
            who,
            pick(
              [
                'Undelivered Mail Returned to Sender',
                'Returned mail: see transcript for details',
                `Undeliverable: ${topicOf(n).subject}`,
                'Mail delivery failed: returning message to sender',
              ],
              n,
            ),
            pick(
              [
                'Mail Delivery System',
                'MAILER-DAEMON (Mail Delivery System)',
                '"postmaster"',
                'Mail Delivery System',
              ],
              n,
            ).replace(/ \(.*\)/, ''),
          ),
          'Auto-Submitted: auto-replied',
        ],
        multipart(
          'report',
          `4X${n}.176400/mx.partner.example`,
          [
            entity(
              [
                'Content-Description: Notification',
                `Content-Type: text/plain; charset=${n % 3 ? 'us-ascii' : 'utf-8'}`,
              ],
              lines(
                'This is the mail system at host mx.partner.example.',
                '',
                "I'm sorry to have to inform you that your message could not",
                "be delivered to one or more recipients. It's attached below.",
                '',
                `<tiada${n}@partner.example>: host mx2.partner.example[192.0.2.7] said: 550 ${status}`,
              ),
            ),
            entity(['Content-Description: Delivery report', 'Content-Type: message/delivery-status'], report),
            returned,
          ],
          `; report-type=${n % 5 ? 'delivery-status' : '"delivery-status"'}`,
        ),
      );
    },
  }),
);

const MDNS: readonly Honest[] = Array.from(
  { length: 10 },
  (_, n): Honest => ({
    name: `a receipt (${n})`,
    build: (who) =>
      message(
        [
          ...head(
            who,
            `${pick(['Read: ', 'Dibaca: ', 'Disposition notification: '], n)}${topicOf(n).subject}`,
            pick(PEOPLE, n),
          ),
          `In-Reply-To: <asal${n}@moh.example>`,
        ],
        multipart(
          'report',
          `----MDN_${n}_boundary`,
          [
            text('plain', plain(n), { encoding: 'quoted-printable' }),
            entity(
              [
                'Content-Type: message/disposition-notification',
                ...(n % 2 ? ['Content-Transfer-Encoding: 7bit', 'Content-Disposition: inline'] : []),
              ],
              lines(
                'Reporting-UA: mail.partner.example; Thunderbird',
                `Original-Recipient: rfc822;${who.from}`,
                `Final-Recipient: rfc822; ${who.from}`,
                `Original-Message-ID: <asal${n}@moh.example>`,
                'Disposition: manual-action/MDN-sent-manually; displayed',
              ),
            ),
            ...(n % 3 ? [] : [entity(['Content-Type: text/rfc822-headers'], headerOf(original(who, n)))]),
          ],
          '; report-type=disposition-notification',
        ),
      ),
  }),
);

const ODD_BOUNCES: readonly ((who: Who, n: number) => string)[] = [
  (who, n) =>
    message(
      [...head(who, 'failure notice', '')],
      text(
        'plain',
        lines(
          'Hi. This is the qmail-send program at partner.example.',
          "I'm afraid I wasn't able to deliver your message to the following addresses.",
          "This is a permanent error; I've given up. Sorry it didn't work out.",
          '',
          `<tiada${n}@partner.example>:`,
          'Sorry, no mailbox here by that name. (#5.1.1)',
          '',
          '--- Below this line is a copy of the message.',
          '',
          original(who, n),
        ),
        { charset: 'us-ascii', encoding: '7bit' },
      ),
    ),
  (who, n) =>
    [
      ...head(who, 'DELIVERY FAILURE: User not listed in Domino Directory', '"Postmaster"'),
      '',
      lines(
        'Your message',
        '',
        `  Subject: ${topicOf(n).subject}`,
        '',
        'was not delivered to:',
        '',
        `  tiada${n}@partner.example`,
        '',
        'because:',
        '',
        '  User tiada (tiada@partner.example) not listed in Domino Directory',
      ),
    ].join(CRLF),
  (who, n) =>
    message(
      head(who, 'Message status - undeliverable', '"GroupWise"'),
      multipart('mixed', `____GW${n}____`, [
        text('plain', lines(`The message that you sent was undeliverable to the following: tiada${n}`), {
          charset: 'US-ASCII',
          encoding: '7bit',
        }),
        entity(
          ['Content-Type: message/rfc822', 'Content-Disposition: attachment; filename="Mail.822"'],
          original(who, n),
        ),
      ]),
    ),
  (who, n) =>
    message(
      [
        ...head(who, 'Mail delivery failed: returning message to sender', 'Mail Delivery System'),
        `X-Failed-Recipients: tiada${n}@partner.example`,
        'Auto-Submitted: auto-replied',
      ],
      text(
        'plain',
        lines(
          'This message was created automatically by mail delivery software.',
          '',
          `  tiada${n}@partner.example`,
          '    retry timeout exceeded',
          '',
          '------ This is a copy of the message, including all the headers. ------',
          '',
          original(who, n),
        ),
        { charset: 'us-ascii', encoding: '7bit' },
      ),
    ),
  // The status beside its report, in a container without the type of one.
  (who, n) =>
    message(
      head(who, 'Returned mail: Host unknown', 'Mail Delivery Subsystem'),
      entity(
        [`Content-Type: multipart/mixed; boundary="AA${n}.887/partner.example"`],
        lines('This is a MIME-encapsulated message', '') +
          between(`AA${n}.887/partner.example`, [
            lines(
              '',
              `   ----- The following addresses had permanent fatal errors -----`,
              `<tiada${n}@partner.example>`,
            ),
            entity(
              ['Content-Type: message/delivery-status'],
              lines(
                'Reporting-MTA: dns; partner.example',
                '',
                `Final-Recipient: RFC822; tiada${n}@partner.example`,
                'Action: failed',
                'Status: 5.1.2',
              ),
            ),
            entity(['Content-Type: message/rfc822'], original(who, n)),
          ]),
      ),
    ),
];

const BOUNCES: readonly Honest[] = Array.from(
  { length: 15 },
  (_, n): Honest => ({
    name: `a bounce of its own kind (${n})`,
    build: (who) => pick(ODD_BOUNCES, n)(who, n),
  }),
);

const REPLIES: readonly Honest[] = Array.from(
  { length: 10 },
  (_, n): Honest => ({
    name: `out of office (${n})`,
    build: (who) =>
      message(
        [
          ...head(
            who,
            `${pick(['Automatic reply: ', 'Auto: ', 'Balasan automatik: '], n)}${topicOf(n).subject}`,
            pick(PEOPLE, n),
          ),
          'Auto-Submitted: auto-replied',
          'X-Auto-Response-Suppress: All',
          `In-Reply-To: <asal${n}@moh.example>`,
        ],
        text(
          n % 2 ? 'html' : 'plain',
          n % 2
            ? `<html><body><p>Saya bercuti sehingga ${n + 3} Ogos.</p></body></html>`
            : `Saya bercuti sehingga ${n + 3} Ogos. Sila hubungi pejabat.\r\n`,
          { charset: '"us-ascii"', encoding: '7bit' },
        ),
      ),
  }),
);

export const REPORTS: readonly Honest[] = [...DSNS, ...MDNS, ...BOUNCES, ...REPLIES];
