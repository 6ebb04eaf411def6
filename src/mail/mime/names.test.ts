import { describe, expect, test } from 'vitest';
import { readContentType } from './content-type.ts';
import { decodeEncodedWords } from './encoded-words.ts';
import { fileNames } from './file-names.ts';
import { readFields } from './header-fields.ts';
import { MOST_PARAMETERS, parseStructured } from './parameters.ts';
import { readTransferEncoding } from './transfer-encoding.ts';

/** The value as octets in UTF-8, as it stands in a message. */
const octets = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
const namesIn = (value: string): readonly string[] =>
  fileNames(parseStructured(octets(value)).parameters, []);

describe('file names', () => {
  test.each([
    ['a token', 'attachment; filename=a.txt', ['a.txt']],
    ['quotes', 'attachment; filename="a b; c.txt"', ['a b; c.txt']],
    ['a quoted quote', 'attachment; filename="a\\"b.txt"', ['a"b.txt', 'a\\"b.txt']],
    ['a path with backslashes', 'attachment; filename="C:\\dir\\a.txt"', ['C:dira.txt', 'C:\\dir\\a.txt']],
    [
      'spaces without quotes',
      'attachment; filename=Laporan Akhir (2).pdf',
      ['Laporan Akhir (2).pdf', 'Laporan'],
    ],
    ['raw UTF-8', 'attachment; filename="naïve.txt"', ['naïve.txt']],
    [
      'an encoded word',
      'attachment; filename="=?UTF-8?B?bmHDr3ZlLnR4dA==?="',
      ['naïve.txt', '=?UTF-8?B?bmHDr3ZlLnR4dA==?='],
    ],
    [
      'encoded words on two lines',
      'attachment; filename="=?utf-8?q?na=C3?= =?utf-8?q?=AFve.txt?="',
      ['naïve.txt', '=?utf-8?q?na=C3?= =?utf-8?q?=AFve.txt?='],
    ],
    ['RFC 2231', "attachment; filename*=UTF-8'ms'na%C3%AFve.txt", ['naïve.txt']],
    ['RFC 2231 in another charset', "attachment; filename*=iso-8859-1''na%EFve.txt", ['naïve.txt']],
    ['RFC 2231 without charset', 'attachment; filename*=na%C3%AFve.txt', ['naïve.txt']],
    [
      'RFC 2231 in pieces',
      'attachment; filename*0*=utf-8\'\'na%C3; filename*1*=%AFve; filename*2=".txt"',
      ['naïve.txt'],
    ],
    ['pieces out of order', 'attachment; filename*1=b.txt; filename*0=a', ['ab.txt']],
    ['pieces with a gap', 'attachment; filename*0=a; filename*2=c.exe', ['a', 'ac.exe']],
    ['a piece given twice', 'attachment; filename*0=a; filename*1=.txt; filename*1=.exe', ['a.txt', 'a.exe']],
    ['an old and a new form', 'attachment; filename="x.txt"; filename*=utf-8\'\'y.exe', ['y.exe', 'x.txt']],
    ['two names', 'attachment; filename=a.txt; filename=b.exe', ['a.txt', 'b.exe']],
    ['both keys', 'attachment; name=b.exe; filename=a.txt', ['a.txt', 'b.exe']],
    ['no semicolon between', 'attachment; x="y" filename="a.txt"', ['a.txt']],
    ['a comment before it', 'attachment; (x;y) filename=a.txt', ['a.txt']],
    ['no closing quote', 'attachment; name="a; filename=b.exe', ['b.exe', 'a; filename=b.exe', '"a']],
    ['words behind the quotes', 'attachment; filename="a.txt".exe', ['a.txt', 'a.txt.exe']],
    ['white space around', 'attachment ; FileName = a.txt ;', ['a.txt']],
    ['an empty one', 'attachment; filename=""; name=', []],
    ['none', 'attachment', []],
  ])('%s', (_, value, expected) => {
    expect(namesIn(value)).toEqual(expected);
  });

  test('the end of a long one is kept', () => {
    const [name] = namesIn(`attachment; filename=${'x'.repeat(5_000)}.exe`);
    expect(name).toHaveLength(1_000);
    expect(name).toMatch(/x\.exe$/);
  });
});

describe('parameters', () => {
  test('no more than a bound are read', () => {
    const parsed = parseStructured(`a/b${'; x=y'.repeat(MOST_PARAMETERS + 1)}`);
    expect([parsed.parameters.length, parsed.tooMany]).toEqual([MOST_PARAMETERS, true]);
    expect(parseStructured(`a/b${'; x=y'.repeat(MOST_PARAMETERS)}`).tooMany).toBe(false);
  });

  test.each(['(', '"', ';', '=', '\\', '; x="', '; (', '=?a?q?', '; x=(', "; x*0*='", 'a/'])(
    'cost does not grow faster than the length: %j',
    (part) => {
      const cost = (length: number): number => {
        const value = part.repeat(length / part.length);
        const before = performance.now();
        readContentType(value);
        decodeEncodedWords(value);
        fileNames(parseStructured(value).parameters, []);
        return performance.now() - before;
      };
      cost(20_000);
      // A quadratic one takes minutes.
      expect(cost(2_000_000)).toBeLessThan(3_000);
    },
  );
});

describe('encoded words', () => {
  test.each([
    ['none', 'a =?b c', 'a =?b c'],
    ['Q', '=?iso-8859-1?Q?caf=E9_au_lait?=', 'café au lait'],
    ['B', 'x =?utf-8?b?Y2Fmw6k=?= y', 'x café y'],
    ['two in a row', '=?utf-8?q?a?=  =?utf-8?q?b?= c', 'ab c'],
    ['a letter in two words', '=?utf-8?b?ww==?= =?utf-8?b?qQ==?=', 'é'],
    ['two charsets in a row', '=?utf-8?q?=C3=A9?= =?iso-8859-1?q?=E9?=', 'éé'],
    ['a language', '=?utf-8*ms?q?a?=', 'a'],
    ['spaces in it', '=?utf-8?q?a b?=', 'a b'],
    ['text that begins with an escape', '=?utf-8?q?=41=42?=', 'AB'],
    ['an unknown charset', '=?x-no?q?=C3=A9=E9?=', 'éé'],
    ['one without an end', '=?utf-8?q?abc', '=?utf-8?q?abc'],
    ['one that is none before one that is', '=?x =?utf-8?q?a?=', '=?x a'],
    ['raw UTF-8', octets('é =?utf-8?q?a?='), 'é a'],
    ['raw windows-1252', 'caf\xe9 \x80', 'café €'],
  ])('%s', (_, raw, expected) => {
    expect(decodeEncodedWords(raw)).toBe(expected);
  });
});

describe('Content-Type', () => {
  test.each([
    ['text/HTML; Charset="UTF-8"', 'text/html', 'utf-8'],
    ['text/plain; charset=us-ascii (Plain text)', 'text/plain', 'us-ascii'],
    ['text/plain charset=utf-8', 'text/plain', null],
    ["text/plain; charset='utf-8'", 'text/plain', 'utf-8'],
    ['text', 'text/plain', null],
    ['', 'text/plain', null],
    [';', 'text/plain', null],
    ['text / html', 'text/html', null],
    ['pdf', null, null],
    [`a/${'b'.repeat(500)}`, null, null],
  ])('%s', (value, type, charset) => {
    expect(readContentType(value)).toMatchObject({ type, charset });
  });

  test.each([
    ['multipart/mixed; boundary=----=_Part_1.2/3:4?5', ['----=_Part_1.2/3:4?5']],
    ['multipart/mixed; boundary="a b"', ['a b']],
    ['multipart/mixed; boundary="a b  "', ['a b']],
    ['multipart/mixed; boundary=a; boundary=b', ['a', 'b']],
    ['multipart/mixed; boundary=a (x)', ['a (x)', 'a']],
    ['multipart/mixed; boundary*0=a; boundary*1=b', ['ab']],
    ['multipart/mixed boundary="a"', ['a']],
    ['multipart/mixed', []],
    ['text/plain; boundary=a', []],
  ])('every boundary that somebody may take: %s', (value, boundaries) => {
    expect(readContentType(value).boundaries).toEqual(boundaries);
  });
});

test.each([
  ['BASE64 ', 'base64'],
  ['Quoted-Printable', 'quoted-printable'],
  ['x-uue', 'uuencode'],
  ['', '7bit'],
  ['8bit', '8bit'],
  ['utf-8', '8bit'],
  ['amazonses.com', '8bit'],
  ['7bit; charset=x', '8bit'],
  ['binary (x)', '8bit'],
  ['base64;', 'unknown'],
  ['base-64', 'unknown'],
  ['8 bit', '8bit'],
  ['constructor', 'unknown'],
])('Content-Transfer-Encoding: %s', (value, expected) => {
  expect(readTransferEncoding(value)).toBe(expected);
});

test('fields are unfolded, whatever ends their lines', () => {
  expect(readFields('A: b\r\n c\r\nD:\n\te\nF-g : h').fields).toEqual([
    { name: 'a', value: ' b c' },
    { name: 'd', value: '\te' },
    { name: 'f-g', value: ' h' },
  ]);
});
