import { expect, test } from 'vitest';
import { address } from '../../test/support/messages.ts';
import { buildFailureNotice, type FailureNotice } from './dsn.ts';
import { newMessageId } from './message-id.ts';
import { quotedPrintable } from './quoted-printable.ts';
import { parseReply } from './reply.ts';

const id = newMessageId(1);
const about = newMessageId(2);

function build(changes: Partial<FailureNotice> = {}): string {
  return buildFailureNotice({
    id,
    about,
    hostname: 'mail.moh.example',
    timezone: 'Asia/Kuala_Lumpur',
    now: Date.UTC(2025, 10, 24, 2, 0, 0),
    receivedAt: Date.UTC(2025, 10, 24, 1, 0, 0),
    to: address('ali@moh.example'),
    messageIdHeader: '<1@moh.example>',
    originalHeader: Buffer.from('From: ali@moh.example\r\nSubject: x\r\n'),
    failures: [
      { recipient: address('siti@moh.example'), reply: parseReply('550 5.1.1 <siti@moh.example> unknown') },
      { recipient: address('abu@moh.example'), reply: parseReply('552 5.2.2 Quota exceeded') },
    ],
    ...changes,
  }).toString('latin1');
}

/** The parts between the boundary lines, the head first. */
const partsOf = (text: string) => text.split(`\r\n--=_${id}`);

test('it is a report of three parts', () => {
  const parts = partsOf(build());
  expect(parts).toHaveLength(5);
  expect(parts[0]).toContain('Content-Type: multipart/report; report-type=delivery-status;\r\n boundary="=_');
  expect(parts[1]).toContain('Content-Type: text/plain');
  expect(parts[2]).toContain('Content-Type: message/delivery-status');
  expect(parts[3]).toContain('Content-Type: text/rfc822-headers');
  expect(parts[4]).toBe('--\r\n');
});

test('its header says that a program wrote it, and what it answers', () => {
  const head = partsOf(build())[0] ?? '';
  for (const line of [
    'Date: Mon, 24 Nov 2025 02:00:00 +0000',
    'To: ali@moh.example',
    `Message-ID: <${id}@mail.moh.example>`,
    'In-Reply-To: <1@moh.example>',
    'Auto-Submitted: auto-replied',
  ]) {
    expect(head).toContain(`${line}\r\n`);
  }
});

test('the text is Malay, then English, names each recipient and what to do', () => {
  const text = partsOf(build())[1] ?? '';
  expect(text.indexOf('Mesej anda tidak dapat dihantar')).toBeGreaterThan(0);
  expect(text.indexOf('Your message could not be delivered')).toBeGreaterThan(text.indexOf('Mesej anda'));
  expect(text).toContain('siti@moh.example\r\n    Alamat ini tidak wujud.');
  expect(text).toContain("abu@moh.example\r\n    The recipient's mailbox is full.");
  expect(text).toContain('2025-11-24 09:00 (Asia/Kuala_Lumpur)');
  expect(text).toContain(about);
});

test('the status has a block for each recipient (RFC 3464)', () => {
  const body = (partsOf(build())[2] ?? '').split('\r\n\r\n').slice(1);
  expect(body[0]).toBe(
    'Reporting-MTA: dns; mail.moh.example\r\nArrival-Date: Mon, 24 Nov 2025 01:00:00 +0000',
  );
  expect(body[1]).toContain(
    'Final-Recipient: rfc822; siti@moh.example\r\nAction: failed\r\nStatus: 5.1.1\r\n',
  );
  expect(body[2]).toContain('Diagnostic-Code: smtp; 552 5.2.2 Quota exceeded\r\n');
});

test('a reply without enhanced code has a status that says no more', () => {
  const failures = [{ recipient: address('a@moh.example'), reply: parseReply('550 no') }];
  expect(build({ failures })).toContain('Status: 5.0.0\r\n');
});

test('what a stranger wrote is printable, on one line, and cut', () => {
  const nasty = `550 5.1.1 \x1b[2J\u00e9 ${'x'.repeat(2_000)}\r\nBcc: victim@partner.example`;
  const failures = [{ recipient: address('a@moh.example'), reply: parseReply(nasty) }];
  const text = build({ failures });
  const diagnostic = /Diagnostic-Code: smtp; (.*)\r\n/.exec(text)?.[1] ?? '';
  expect(diagnostic.length).toBeLessThanOrEqual(500);
  expect(text).not.toContain('\r\nBcc:');
  expect(text).toMatch(/^[\x20-\x7e\r\n]*$/);
});

for (const [name, header] of [
  ['a line end', '<1@x>\r\nBcc: v@partner.example'],
  ['text around', 'see <1@x>'],
  ['8-bit', '<\u00e9@x>'],
  ['two ids', '<1@x><2@x>'],
] as const) {
  test(`a Message-ID with ${name} is not repeated`, () => {
    expect(partsOf(build({ messageIdHeader: header }))[0]).not.toMatch(/In-Reply-To|Bcc/);
  });
}

test('an 8-bit header of the original is encoded, and every line stays short', () => {
  const originalHeader = Buffer.from(
    `Subject: caf\u00e9 =\r\nX: ${'y'.repeat(2_000)}\r\nTo: b \r\n`,
    'latin1',
  );
  const text = build({ originalHeader });
  const part = partsOf(text)[3] ?? '';
  expect(part).toContain('Content-Transfer-Encoding: quoted-printable');
  expect(part).toContain('Subject: caf=E9 =3D\r\n');
  for (const line of text.split('\r\n')) expect(line.length).toBeLessThanOrEqual(600);
  expect(text).toMatch(/^[\x20-\x7e\r\n]*$/);
});

const quoted: [string, string[], string[]][] = [
  ['plain text stays', ['abc def'], ['abc def']],
  ['the sign itself', ['a=b'], ['a=3Db']],
  ['space at the end', ['a '], ['a=20']],
  ['an octet', ['\xff\x00'], ['=FF=00']],
  ['an empty line', [''], ['']],
  ['a long line', ['x'.repeat(100)], [`${'x'.repeat(75)}=`, 'x'.repeat(25)]],
  ['no break within an octet', [`${'x'.repeat(74)}\xff`], [`${'x'.repeat(74)}=`, '=FF']],
];
for (const [name, lines, expected] of quoted) {
  test(`quoted-printable: ${name}`, () => expect(quotedPrintable(lines)).toEqual(expected));
}
