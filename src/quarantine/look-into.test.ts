import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { headOf, lookInto } from './look-into.ts';

const look = (...lines: string[]) =>
  lookInto(Readable.from([Buffer.from(lines.join('\r\n'), 'utf8')], { objectMode: false }));

const LETTER = [
  'From: Ali <ali@partner.example>',
  'Subject: =?utf-8?Q?Mesyuarat_=E2=82=AC?=',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=a',
  '',
  '--a',
  'Content-Type: text/plain',
  '',
  'hai',
  '--a',
  'Content-Type: application/pdf',
  "Content-Disposition: attachment; filename*=utf-8''borang%20%E2%82%AC.pdf",
  'Content-Transfer-Encoding: base64',
  '',
  'AAAAAAAA',
  '--a',
  'Content-Type: message/rfc822',
  '',
  'Subject: inside',
  'Content-Type: text/html',
  '',
  '<p>x</p>',
  '--a--',
  '',
];

test('the header is decoded, that of the message alone; the parts are a tree with their decoded sizes', async () => {
  const { fields, parts, cut } = await look(...LETTER);
  expect(fields.map(({ name, value }) => `${name.toLowerCase()}: ${value}`).slice(0, 2)).toEqual([
    'from: Ali <ali@partner.example>',
    'subject: Mesyuarat €',
  ]);
  expect(fields.some(({ value }) => value === 'inside')).toBe(false);
  const shown = parts.map(({ path, type, sizeBytes }) => [path, type, sizeBytes]);
  expect(shown).toEqual([
    ['', 'multipart/mixed', null],
    ['1', 'text/plain', 3],
    ['2', 'application/pdf', 6],
    ['3', 'message/rfc822', null],
    ['3.1', 'text/html', 8],
  ]);
  expect(parts[2]).toMatchObject({ names: ['borang €.pdf'], disposition: 'attachment' });
  expect(cut).toBe(false);
});

test('a message of one part is that part', async () => {
  const { parts } = await look('Subject: x', '', 'hai', '');
  expect(parts).toMatchObject([{ path: '1', depth: 0, type: 'text/plain' }]);
});

test('whatever a stranger heaps up is cut', async () => {
  const header = Array.from({ length: 900 }, (_, n) => `X-${n}: ${'y'.repeat(20)}`);
  const names = `Content-Type: multipart/mixed; boundary=a`;
  const parts = Array.from({ length: 900 }, () => [
    '--a',
    `Content-Type: a/b; name=${'n'.repeat(900)}`,
    '',
    'x',
  ]);
  const looked = await look(
    `Subject: ${'z'.repeat(5_000)}`,
    ...header,
    names,
    '',
    ...parts.flat(),
    '--a--',
    '',
  );
  expect(looked.fields).toHaveLength(200);
  expect(looked.parts).toHaveLength(300);
  expect(looked.cut).toBe(true);
  expect(Math.max(...looked.fields.map(({ value }) => value.length))).toBe(1_000);
  expect(JSON.stringify(looked).length).toBeLessThan(400_000);
});

const odd: [string, Buffer, { from: string | null; subject: string | null }][] = [
  ['nothing', Buffer.alloc(0), { from: null, subject: null }],
  ['no end of the header', Buffer.from('Subject: x'), { from: null, subject: 'x' }],
  [
    'a subject of the body alone',
    Buffer.from('From: a@b.example\r\n\r\nSubject: x'),
    { from: 'a@b.example', subject: null },
  ],
];
for (const [name, beginning, expected] of odd) {
  test(`of a content with ${name} the head is what there is`, () =>
    expect(headOf(beginning)).toEqual(expected));
}

test('random octets are no fault', () => {
  const octets = crypto.getRandomValues(Buffer.alloc(60_000));
  expect(Object.keys(headOf(octets))).toEqual(['from', 'subject']);
});
