import { describe, expect, test } from 'vitest';
import { createDotStuffing, StrayLineEnd } from './dot-stuff.ts';

function stuff(text: string, size: number): string {
  const octets = Buffer.from(text, 'latin1');
  const stuffing = createDotStuffing();
  const out: Buffer[] = [];
  for (let at = 0; at < octets.length; at += size) out.push(...stuffing.push(octets.subarray(at, at + size)));
  return Buffer.concat([...out, stuffing.end()]).toString('latin1');
}

const cases: [string, string, string][] = [
  ['plain lines', 'a\r\nb\r\n', 'a\r\nb\r\n.\r\n'],
  ['an empty message', '', '.\r\n'],
  ['a last line without end', 'a\r\nb', 'a\r\nb\r\n.\r\n'],
  ['a line of one dot', 'a\r\n.\r\nb\r\n', 'a\r\n..\r\nb\r\n.\r\n'],
  ['a line of two dots', '..\r\n', '...\r\n.\r\n'],
  ['a dot first of all', '.x\r\n', '..x\r\n.\r\n'],
  ['dots inside a line', 'a.\r\nb..c\r\n', 'a.\r\nb..c\r\n.\r\n'],
  ['a lone dot at the end', 'a\r\n.', 'a\r\n..\r\n.\r\n'],
  ['empty lines', '\r\n\r\n', '\r\n\r\n.\r\n'],
  ['8-bit octets', 'caf\xe9 \xff\r\n', 'caf\xe9 \xff\r\n.\r\n'],
  ['a long line', `${'x'.repeat(100_000)}\r\n`, `${'x'.repeat(100_000)}\r\n.\r\n`],
];

describe.each([1, 2, 3, 65_536])('in chunks of %i octets', (size) => {
  for (const [name, input, expected] of cases) {
    test(name, () => expect(stuff(input, size)).toBe(expected));
  }

  for (const [name, input] of [
    ['a bare LF', 'a\nb\r\n'],
    ['a bare CR', 'a\rb\r\n'],
    ['a smuggled end', 'a\n.\r\nMAIL'],
    ['another smuggled end', 'a\r.\r\n'],
    ['CR CR LF', 'a\r\r\n'],
    ['LF first of all', '\na\r\n'],
    ['CR last of all', 'a\r\nb\r'],
    ['LF CR', 'a\r\n\n\r'],
  ] as const) {
    test(`${name} never goes out`, () => expect(() => stuff(input, size)).toThrow(StrayLineEnd));
  }
});

test('octets are handed on, not copied', () => {
  const chunk = Buffer.from('abc\r\ndef\r\n');
  expect(createDotStuffing().push(chunk)[0]?.buffer).toBe(chunk.buffer);
});
