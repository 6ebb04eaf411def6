import { describe, expect, test } from 'vitest';
import { formatReply, parseReply, printable, reply } from './reply.ts';

describe('a peer’s reply', () => {
  test.each([
    ['250 2.1.5 OK', 250, '2.1.5', ['OK']],
    ['250 OK', 250, null, ['OK']],
    ['250', 250, null, []],
    ['250-2.0.0 a\r\n250 2.0.0 b', 250, '2.0.0', ['a', 'b']],
    ['550-5.1.1 no\n550 5.1.1 such user', 550, '5.1.1', ['no', 'such user']],
    ['552 5.2.2', 552, '5.2.2', []],
    ['450 4.2.1\r\n', 450, '4.2.1', []],
    ['hello', 0, null, ['hello']],
    ['', 0, null, []],
    ['99 x', 0, null, ['99 x']],
    ['550 \x1b[2Jx\xe9', 550, null, ['?[2Jx?']],
  ])('%j', (text, code, enhanced, lines) => {
    expect(parseReply(text)).toEqual({ code, enhanced, lines });
  });
});

test('is written on one line, printable and bounded', () => {
  expect(formatReply(reply(550, '5.1.1', 'satu', 'one'))).toBe('550 5.1.1 satu / one');
  expect(formatReply({ code: 250, enhanced: null, lines: ['a\r\nb'] })).toBe('250 a??b');
  expect(formatReply({ code: 250, enhanced: null, lines: ['x'.repeat(1_000)] })).toHaveLength(500);
  expect(formatReply({ code: 250, enhanced: null, lines: ['xxxx'] }, 6)).toBe('250 xx');
});

test('what is not printable ASCII becomes a question mark', () => {
  expect(printable('a\0\t\x7f\u00e9\u202e~ ')).toBe('a?????~ ');
});
