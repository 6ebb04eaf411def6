import { expect, test } from 'vitest';
import { address } from '../../test/support/messages.ts';
import { buildDigest, type Digest, type DigestLine } from './digest-notice.ts';
import { parseMessageId } from './message-id.ts';

const ID = parseMessageId('m1kfq3x8z0a7c2d4e6');
if (!ID) throw new Error('no id');
/** 16:40 in Kuala Lumpur. */
const NOW = Date.UTC(2026, 10, 24, 8, 40, 12);
const DAY = 86_400_000;

const line = (changes: Partial<DigestLine> = {}): DigestLine => ({
  id: ID,
  keptAt: NOW - DAY,
  expiresAt: NOW + 29 * DAY,
  from: 'Ali <ali@partner.example>',
  subject: 'Minit mesyuarat',
  reason: { malay: 'pautan ke storan luar', english: 'link to external storage' },
  ...changes,
});

function build(changes: Partial<Digest> = {}): { head: string; text: string; octets: Buffer } {
  const octets = buildDigest({
    id: ID ?? never(),
    hostname: 'mail.moh.example',
    timezone: 'Asia/Kuala_Lumpur',
    now: NOW,
    to: address('siti@moh.example'),
    lines: [line()],
    more: 0,
    viruses: 0,
    ...changes,
  });
  const all = octets.toString('latin1');
  const end = all.indexOf('\r\n\r\n');
  const [head, body] = [all.slice(0, end), all.slice(end + 4)];
  const decoded = body
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return { head, octets, text: Buffer.from(decoded, 'latin1').toString('utf8') };
}

function never(): never {
  throw new Error('no id');
}

test('a digest says what was kept, why, until when, and how to get it, in both languages', () => {
  const { head, text } = build();
  expect(head.split('\r\n')).toEqual([
    'Date: Tue, 24 Nov 2026 08:40:12 +0000',
    'From: Sistem Penghantaran Mel <mailer-daemon@mail.moh.example>',
    'To: siti@moh.example',
    'Subject: 1 mel untuk anda ditahan',
    ' / 1 message for you held back',
    `Message-ID: <${ID}@mail.moh.example>`,
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
  ]);
  expect(text).toMatch(/hubungi pentadbir e-mel agensi anda dan beri nombornya/);
  expect(text).toMatch(/ask the e-mail administrator of your agency and give its number/);
  expect(text).toContain(
    [
      '2026-11-23 16:40',
      '  Daripada / From:   Ali <ali@partner[.]example>',
      '  Perkara / Subject: Minit mesyuarat',
      '  Sebab / Reason:    pautan ke storan luar / link to external storage',
      `  Nombor / Number:   ${ID}`,
      '  Hingga / Until:    2026-12-23 16:40',
    ].join('\r\n'),
  );
});

test('more than are listed and viruses are counted; of viruses alone nothing is listed', () => {
  const { head, text } = build({ more: 23, viruses: 2 });
  expect(head).toContain('Subject: 26 mel untuk anda ditahan\r\n / 26 messages for you held back');
  expect(text).toMatch(/dan 23 lagi \/ and 23 more\r\n/);
  expect(text).toMatch(/2 messages held back because of a virus/);
  const viruses = build({ lines: [], viruses: 1 }).text;
  expect(viruses).toMatch(/^1 mel lain ditahan kerana/);
  expect(viruses).not.toMatch(/administrator/);
});

const GTUBE = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X';
const hostile: [string, string, RegExp, RegExp | null][] = [
  ['a link', 'lihat https://www.dropbox.com/s/x', /https\[:\]\/\/www\[\.\]dropbox\[\.\]com\/s\/x/, /:\/\//],
  ['a link without scheme', 'dropbox.com/s/abc', /dropbox\[\.\]com\/s\/abc/, /dropbox\.com/],
  ['line ends', 'a\r\nBcc: x@y.example\r\n\r\nz', /Subject: a Bcc: x@y\[\.\]example z\r\n/, /\r\nBcc/],
  ['marks that turn text', 'fail\u202egpj.exe\u2066', /Subject: fail gpj\[\.\]exe\r\n/, /[\u202e\u2066]/],
  ['escapes of terminals', '\x1b[2Jhai', /Subject: \[2Jhai/, /\x1b/],
  ['the test string of spam filters', GTUBE, /XJS/, /34X/],
  ['letters of any script', 'Mesyuarat 会议 😀', /Subject: Mesyuarat 会议 😀\r\n/, null],
  ['a great length', 'x'.repeat(5_000), /Subject: x{59}…\r\n/, null],
];
for (const [name, subject, shown, never] of hostile) {
  test(`a subject with ${name} is shown as harmless text`, () => {
    const { text, octets } = build({ lines: [line({ subject })] });
    expect(text).toMatch(shown);
    if (never) expect(text).not.toMatch(never);
    expect(octets.toString('latin1')).toMatch(/^(?:[\x20-\x7e]{0,998}\r\n)*$/);
  });
}

test('a sender in the place of From is shown as harmless text, too; the empty path as <>', () => {
  const { text } = build({
    lines: [line({ from: 'Bank https://b.example\n<b@b.example>' }), line({ from: null })],
  });
  expect(text).toContain('From:   Bank https[:]//b[.]example <b@b[.]example>\r\n');
  expect(text).toContain('From:   <>\r\n');
});
