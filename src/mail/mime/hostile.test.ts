/** Content made to cost: it ends in an excess, quickly, and nothing throws. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createWalk, type Structure, WALK_LIMITS } from '../parts.ts';
import { type Seen, walk, walkCut } from './testing.ts';

/** 3 s on a machine that does much else; what grows with the square of its size takes minutes. */
const QUICK_MS = 3_000;

function quickly(message: string): Structure {
  const octets = Buffer.from(message, 'latin1');
  const before = performance.now();
  const one = createWalk({ part: () => null, field: () => undefined });
  for (let at = 0; at < octets.length; at += 65_536) one.write(octets.subarray(at, at + 65_536));
  const structure = one.end();
  expect(performance.now() - before).toBeLessThan(QUICK_MS);
  return structure;
}

const excesses = ({ excesses: found }: Structure): string[] => found.map(({ kind }) => kind);
const MIXED = 'Content-Type: multipart/mixed; boundary=';
const nested = (levels: number): string =>
  Array.from({ length: levels }, (_, i) => `${MIXED}b${i}x\r\n\r\n--b${i}x\r\n`).join('');

describe('excesses', () => {
  test('too many parts', () => {
    const structure = quickly(`${MIXED}b\r\n\r\n${'--b\r\n\r\n'.repeat(10_000)}rest`);
    expect(excesses(structure)).toEqual(['parts']);
    expect(structure.parts).toBe(WALK_LIMITS.parts);
    // What is not looked at counts.
    expect(structure.attachmentBytes).toBeGreaterThan(0);
  });

  test('many parts, yet not too many', () => {
    expect(excesses(quickly(`${MIXED}b\r\n\r\n${'--b\r\n\r\n'.repeat(WALK_LIMITS.parts - 1)}`))).toEqual([]);
  });

  test('too many files in one text', () => {
    const structure = quickly(`\r\n${'begin 644 x\r\n#0V%T\r\nend\r\n'.repeat(10_000)}`);
    expect(excesses(structure)).toEqual(['parts']);
    expect(structure.attachmentBytes).toBe(30_000);
  });

  test.each([
    ['multiparts', nested],
    ['messages', (levels: number) => 'Content-Type: message/rfc822\r\n\r\n'.repeat(levels)],
  ])('too many levels of %s', (_, build) => {
    expect(excesses(quickly(build(WALK_LIMITS.depth)))).toEqual([]);
    expect(excesses(quickly(build(WALK_LIMITS.depth + 1)))).toEqual(['depth']);
    expect(excesses(quickly(build(100_000)))).toContain('depth');
  });

  test('too many levels of encoded messages', () => {
    let message = 'text';
    for (let level = 0; level < 20; level++) {
      const body = Buffer.from(message, 'latin1').toString('base64');
      message = `Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n${body}`;
    }
    const limits = { ...WALK_LIMITS, depth: 10 };
    const seen = walkCut(Buffer.from(message, 'latin1'), () => 1_000, limits);
    expect(excesses(seen.structure)).toEqual(['depth']);
  });

  test('multiparts in quoted-printable in one another are not read twice at each level', () => {
    const level = (i: number): string =>
      `${MIXED}b${i}x\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n--b${i}x\r\n`;
    const structure = quickly(Array.from({ length: 45 }, (_, i) => level(i)).join(''));
    expect(structure.parts).toBeLessThan(100);
  });

  test.each([
    ['header-lines', 'X: y\r\n'.repeat(1_001), 'X: y\r\n'.repeat(1_000)],
    ['header-size', `X: ${'y'.repeat(102_400)}\r\n`, `X: ${'y'.repeat(102_380)}\r\n`],
    [
      'parameters',
      `Content-Type: a/b${'; x=y'.repeat(101)}\r\n`,
      `Content-Type: a/b${'; x=y'.repeat(100)}\r\n`,
    ],
  ])('%s', (kind, above, below) => {
    expect(excesses(quickly(`${above}\r\ntext`))).toEqual([kind]);
    expect(excesses(quickly(`${below}\r\ntext`))).toEqual([]);
    // In a part as well, and behind it the walk goes on.
    const inPart = walk(`${MIXED}b\r\n\r\n--b\r\n${above}\r\n--b\r\nContent-Type: a/b\r\n\r\nx`);
    expect(inPart.structure.excesses).toEqual([{ kind, path: '1' }]);
    expect(inPart.parts.at(-1)).toMatchObject({ path: '2', text: 'x' });
  });
});

const MEGABYTES = 4 * 1_024 * 1_024;
const FLOODS: readonly [string, string, string][] = [
  ['lines that begin like delimiters', `${MIXED}b\r\n\r\n`, '--\r\n'],
  ['lines that are nearly delimiters, at many levels', nested(45), '--b1\r\n'],
  ['close delimiters', `${MIXED}b\r\n\r\n`, '--b--\r\n'],
  ['hyphens without a line end', `${MIXED}b\r\n\r\n--`, '-'],
  ['white space behind a delimiter', `${MIXED}b\r\n\r\n--b`, ' '],
  ['empty lines', `${MIXED}b\r\n\r\n`, '\r\n'],
  ['CR alone', `${MIXED}b\r\n\r\n`, '\r'],
  ['a header without an end', '', 'X:y\r\n'],
  ['one field without an end', 'X: ', 'y'],
  ['padding', 'Content-Transfer-Encoding: base64\r\n\r\n', 'YQ==\r\n'],
  ['foreign characters', 'Content-Transfer-Encoding: base64\r\n\r\n', '!a'],
  ['escapes that are none', 'Content-Transfer-Encoding: quoted-printable\r\n\r\n', '=4 = \t'],
  ['spaces', 'Content-Transfer-Encoding: quoted-printable\r\n\r\n', ' '],
  ['first lines of files', '\r\n', 'begin 644 x\r\n'],
  ['begins of first lines', '\r\n', 'begin \n=ybegin \n'],
];

test.each(FLOODS)('cost does not grow faster than the size: %s', (_, start, part) => {
  quickly(start + part.repeat(MEGABYTES / part.length));
});

const TOKENS = [
  '\r\n',
  '\n',
  '\r',
  '--',
  'b',
  '--b',
  '--b--',
  '--c',
  ' ',
  '\t',
  ';',
  '=',
  '"',
  '(',
  ')',
  '\\',
  '\0',
  '\xe9',
  '=?utf-8?q?',
  '?=',
  'Content-Type: ',
  'Content-Transfer-Encoding: ',
  'Content-Disposition: attachment; ',
  'multipart/mixed; boundary=b',
  'multipart/digest; boundary="c"',
  'message/rfc822',
  'text/html',
  'base64',
  'quoted-printable',
  'x-uuencode',
  'filename=',
  "name*0*=utf-8''%41",
  'begin 644 x',
  '#0V%T',
  'end',
  '=ybegin line=9 name=x',
  '=yend',
  'YWJj',
  'YQ==',
  '=41',
  '=2D-b',
  '\r\n\r\n',
  'Subject: x\r\n',
];

describe('whatever comes', () => {
  const same = (octets: Buffer, sizes: readonly number[]): void => {
    let i = 0;
    const cut = walkCut(octets, () => sizes[i++ % sizes.length] ?? 1);
    const whole = walkCut(octets, () => octets.length || 1);
    // Two readings of the same octets go side by side, so that their parts come in any order.
    const sorted = ({ parts }: Seen): unknown => parts.toSorted((a, b) => (a.path < b.path ? -1 : 1));
    expect({ ...cut, parts: sorted(cut) }).toEqual({ ...whole, parts: sorted(whole) });
    expect(cut.parts.every(({ text }) => text !== null)).toBe(true);
  };
  const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 });

  test('random octets never throw, and are read alike however they are cut', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), sizes, (octets, cut) => same(Buffer.from(octets), cut)),
      {
        numRuns: 300,
      },
    );
  });

  test('nor do random pieces of messages', () => {
    const message = fc.array(fc.constantFrom(...TOKENS), { maxLength: 120 }).map((tokens) => tokens.join(''));
    fc.assert(
      fc.property(message, sizes, (text, cut) => same(Buffer.from(text, 'latin1'), cut)),
      { numRuns: 1_500 },
    );
  });

  test('nor do random bodies below a header that enters them', () => {
    const header = fc.constantFrom(
      `${MIXED}b\r\n\r\n`,
      `${MIXED}b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n`,
      'Content-Type: message/rfc822; name=x\r\n\r\n',
      'Content-Type: message/rfc822\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n',
      'Content-Transfer-Encoding: base64\r\n\r\n',
    );
    const body = fc.array(fc.constantFrom(...TOKENS), { maxLength: 120 }).map((tokens) => tokens.join(''));
    fc.assert(
      fc.property(header, body, sizes, (start, text, cut) => same(Buffer.from(start + text, 'latin1'), cut)),
      { numRuns: 1_500 },
    );
  });
});
