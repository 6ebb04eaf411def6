import { describe, expect, test } from 'vitest';
import { createTextDecoder, decodeOctets, hidesAscii, keepsAscii, readingsOf } from './charset.ts';
import { CHARSET_LABELS } from './charset-labels.ts';

/** Whole and in pieces of every small size: the same. Octets as Latin-1. */
function decode(text: string, charset: string | null, type = 'text/plain'): string {
  const octets = Buffer.from(text, 'latin1');
  const run = (size: number): string => {
    const decoder = createTextDecoder(charset, type);
    let out = '';
    for (let at = 0; at < octets.length; at += size) {
      const piece = Buffer.from(octets.subarray(at, at + size));
      out += decoder.write(piece);
      piece.fill(0x2a);
    }
    return out + decoder.end();
  };
  const whole = run(octets.length || 1);
  for (const size of [1, 2, 3, 4, 5, 7, 64]) expect(run(size)).toBe(whole);
  return whole;
}

const utf16 = (text: string): string => Buffer.from(text, 'utf16le').toString('latin1');

describe('text', () => {
  test.each([
    ['nothing', '', null, ''],
    ['UTF-8 without a charset', 'caf\xc3\xa9 \xf0\x9f\x98\x80', null, 'café 😀'],
    ['windows-1252 without a charset', 'caf\xe9 \x80', null, 'café €'],
    ['both in one text', '\xc3\xa9\xe9\xc3', null, 'ééÃ'],
    ['letters that end too early', '\xe2\x82', null, 'â‚'],
    ['no valid UTF-8: overlong, surrogates', '\xc0\xaf\xed\xa0\x80', 'utf-8', 'À¯í\xa0€'],
    ['UTF-8 that is called ASCII', '\xc3\xa9', 'us-ascii', 'é'],
    ['an unknown charset', '\xc3\xa9\xe9', 'x-unknown', 'éé'],
    ['ISO-2022-KR, its letters shifted', 'a\x0e#d>H3g\x0fa', 'iso-2022-kr', 'aｄ안녕a'],
    ['ISO-2022-CN', '\x0e#d\x0f', 'iso-2022-cn', 'ｄ'],
    ['ISO-2022-JP of a later number', '\x1b$B#d\x1b(B', 'iso-2022-jp-2', 'ｄ'],
    ['UTF-7 stays as it stands', '+ADw-', 'utf-7', '+ADw-'],
    ['ISO 8859-1', '\xc3\xa9', 'iso-8859-1', 'Ã©'],
    ['Shift JIS', '\x82\xa0', 'shift_jis', 'あ'],
    ['ISO-2022-JP', '\x1b$B$"\x1b(B', 'iso-2022-jp', 'あ'],
    ['UTF-16', utf16('ab'), 'utf-16', 'ab'],
    ['a mark wins: UTF-8', '\xef\xbb\xbf\xc3\xa9', 'iso-8859-1', 'é'],
    ['a mark wins: UTF-16', `\xff\xfe${utf16('ab')}`, 'utf-8', 'ab'],
    ['a mark wins: UTF-16, high octet first', '\xfe\xff\0a\0b', null, 'ab'],
    ['a mark alone', '\xef\xbb\xbf', null, ''],
  ])('%s', (_, text, charset, expected) => {
    expect(decode(text, charset)).toBe(expected);
  });

  test.each([
    ['"utf8"', '\xc3\xa9', 'é'],
    ['UTF8-MAC', '\xc3\xa9', 'é'],
    ['cp-1251', '\xe9', 'й'],
    ['win-1251', '\xe9', 'й'],
    ['windows1251', '\xe9', 'й'],
    ["'windows-1251'", '\xe9', 'й'],
    ['8859-5', '\xd9', 'й'],
    ['latin-2', '\xb1', 'ą'],
    ['cp-850', '\xe9', 'é'],
    ['ansi', '\x80', '€'],
  ])('label %s', (charset, text, expected) => {
    expect(decode(text, charset)).toBe(expected);
  });
});

describe('what HTML says of itself', () => {
  const meta = '<html><meta http-equiv="Content-Type" content="text/html; charset=windows-1251">';
  test.each([
    ['is taken', `${meta}\xe9`, null, 'text/html', 'й'],
    ['is not taken where the message names a charset', `${meta}\xe9`, 'iso-8859-1', 'text/html', 'é'],
    ['is not taken in text', `${meta}\xe9`, null, 'text/plain', 'é'],
    ['is not taken too far down', `${' '.repeat(1_024)}${meta}\xe9`, null, 'text/html', 'é'],
    ['cannot be UTF-16', '<meta charset=utf-16>\xe9', null, 'text/html', 'é'],
    ['XML in UTF-16 without a mark', utf16('<?xml?>ｄ'), null, 'text/html', 'ｄ'],
    ['in its short form', "<META charset = 'windows-1251'/>\xe9", null, 'text/html', 'й'],
    ['before much more', `${meta}${' '.repeat(5_000)}\xe9`, null, 'text/html', 'й'],
  ])('%s', (_, text, charset, type, last) => {
    expect(decode(text, charset, type).at(-1)).toBe(last);
  });
});

test.each([
  ['utf-7', true, false],
  ['"UNICODE-1-1-UTF-7"', true, false],
  ['utf_7', true, false],
  ['hz-gb-2312', true, false],
  ['utf-32be', true, false],
  ['IBM037', true, false],
  ['cp1140', true, false],
  ['utf-16', false, false],
  ['iso-2022-jp', false, false],
  ['utf-8', false, true],
  ['ibm850', false, true],
  ['cp1252', false, true],
])('%s hides ASCII: %s, keeps it: %s', (charset, hides, keeps) => {
  expect([hidesAscii(charset), keepsAscii(charset)]).toEqual([hides, keeps]);
});

test('every label that is listed is known', () => {
  for (const label of CHARSET_LABELS) expect(() => new TextDecoder(label)).not.toThrow();
});

test('text in UTF-16 is read in either order, all other text in one', () => {
  expect(readingsOf('UTF-16')).toEqual(['utf-16le', 'utf-16be']);
  for (const charset of ['utf-16be', 'utf-8', null]) expect(readingsOf(charset)).toEqual([charset]);
});

test('all at once', () => {
  expect(decodeOctets(Buffer.from('é'), null)).toBe('é');
});
