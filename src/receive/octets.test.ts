import { describe, expect, test } from 'vitest';
import { createOctets, type Flaw, type Octets } from './octets.ts';

const LIMIT = 20;

function inspect(text: string, chunkBytes: number): Octets {
  const octets = createOctets(LIMIT);
  const all = Buffer.from(text, 'latin1');
  for (let at = 0; at < all.length; at += chunkBytes) octets.take(all.subarray(at, at + chunkBytes));
  return octets;
}

const CASES: readonly [string, string, Flaw | null][] = [
  ['lines that end with CR LF', 'a: b\r\n\r\nc\r\n', null],
  ['no octets', '', null],
  ['empty lines only', '\r\n\r\n\r\n', null],
  ['a bare LF at the begin', '\na\r\n', 'bare LF'],
  ['a bare LF within', 'a\r\nb\nc\r\n', 'bare LF'],
  ['a bare LF at the end', 'a\r\nb\n', 'bare LF'],
  ['two LF behind one CR', 'a\r\n\nb\r\n', 'bare LF'],
  ['a bare CR at the begin', '\ra\r\n', 'bare CR'],
  ['a bare CR within', 'a\rb\r\n', 'bare CR'],
  ['two CR before an LF', 'a\r\r\nb\r\n', 'bare CR'],
  ['CR LF in the wrong order', 'a\n\rb\r\n', 'bare LF'],
  ['NUL', 'a\0b\r\n', 'NUL'],
  ['8-bit octets', '\xe9\xff\x85\r\n', null],
  ['other control octets', 'a\x01\x0b\x0c\x1bb\r\n', null],
  ['a line of the limit', `${'x'.repeat(LIMIT)}\r\nb\r\n`, null],
  ['a line above the limit', `${'x'.repeat(LIMIT + 1)}\r\n`, 'long line'],
  ['a later line above the limit', `a\r\n${'x'.repeat(LIMIT + 1)}\r\nb\r\n`, 'long line'],
  ['a line above the limit that has not ended', `a\r\n${'x'.repeat(LIMIT + 1)}`, 'long line'],
];

for (const chunkBytes of [1, 2, 3, 7, 1_000]) {
  describe(`in chunks of ${chunkBytes}`, () => {
    for (const [name, text, flaw] of CASES) {
      test(name, () => {
        const octets = inspect(text, chunkBytes);
        expect(octets.flaw).toBe(flaw);
        expect(octets.bytes).toBe(text.length);
      });
    }

    test.each([
      ['a: b\r\nc: d\r\n\r\nbody\r\n\r\n', 2, 14],
      ['\r\nbody\r\n', 0, 2],
      ['a: b\r\n', 1, -1],
      ['a: b\r\n c\r\n\r\n', 2, 12],
    ])('the header of %j has %i lines and ends at %i', (text, lines, end) => {
      const octets = inspect(text, chunkBytes);
      expect([octets.headerLines, octets.headerEnd]).toEqual([lines, end]);
    });
  });
}

test('every way to cut a message finds the same flaw', () => {
  const text = 'a: b\r\n\r\nbody\r\r\nmore\r\n';
  for (let first = 0; first < text.length; first++) {
    for (let second = first; second < text.length; second++) {
      const octets = createOctets(LIMIT);
      for (const part of [text.slice(0, first), text.slice(first, second), text.slice(second)]) {
        octets.take(Buffer.from(part));
      }
      expect(octets.flaw).toBe('bare CR');
    }
  }
});
