import { describe, expect, test } from 'vitest';
import { Base64Decoder } from './base64.ts';
import type { Decoder, Output } from './decoder.ts';
import { QuotedPrintableDecoder } from './quoted-printable.ts';
import { createUuDecoder } from './uu-decoder.ts';

/** Whole, in pieces of every small size, and only counted: the same. Octets as Latin-1. */
function decode(text: string, create: (output: Output) => Decoder): string {
  const octets = Buffer.from(text, 'latin1');
  const run = (size: number, read: boolean, first = 0): { bytes: number; text: string } => {
    const pieces: string[] = [];
    const decoder = create(read ? (piece) => void pieces.push(piece.toString('latin1')) : null);
    decoder.write(octets.subarray(0, first));
    for (let at = first; at < octets.length; at += size) decoder.write(octets.subarray(at, at + size));
    decoder.end();
    return { bytes: decoder.bytes, text: pieces.join('') };
  };
  const whole = run(octets.length || 1, true);
  for (const size of [1, 2, 3, 4, 5, 7, 64]) {
    expect(run(size, true)).toEqual(whole);
    expect(run(size, false).bytes).toBe(whole.bytes);
  }
  for (let cut = 1; octets.length < 300 && cut < octets.length; cut++) {
    expect(run(octets.length, true, cut)).toEqual(whole);
  }
  return whole.text;
}

const LONG = Buffer.from(Array.from({ length: 70_001 }, (_, i) => i % 251));
const wrapped = (text: string): string => text.replace(/.{76}/g, '$&\r\n');

describe('base64', () => {
  test.each([
    ['nothing', '', ''],
    ['white space', ' \r\n\t', ''],
    ['one octet', 'YQ==', 'a'],
    ['two octets', 'YWI=', 'ab'],
    ['three octets', 'YWJj', 'abc'],
    ['no padding', 'YWI', 'ab'],
    ['one letter too many', 'YWJjZ', 'abc'],
    ['letters on lines of their own', 'Y\r\nW\r\nJ\r\nj', 'abc'],
    ['padding on another line', 'YQ=\r\n=', 'a'],
    ['foreign characters are stepped over', 'Y-W_J!j', 'abc'],
    ['what is behind padding is decoded', 'YQ==YWI=', 'aab'],
    ['padding alone', '====', ''],
    [
      'all letters',
      'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
      Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', 'base64').toString(
        'latin1',
      ),
    ],
    ['more than one piece', wrapped(LONG.toString('base64')), LONG.toString('latin1')],
  ])('%s', (_, text, expected) => {
    expect(decode(text, (output) => new Base64Decoder({ output, footer: null }))).toBe(expected);
  });

  const footerOf = (text: string, size: number): string => {
    const pieces: string[] = [];
    const footer = {
      write: (piece: Buffer) => void pieces.push(piece.toString('latin1')),
      end: () => undefined,
    };
    const decoder = new Base64Decoder({ output: null, footer });
    const octets = Buffer.from(text, 'latin1');
    for (let at = 0; at < octets.length; at += size) decoder.write(octets.subarray(at, at + size));
    decoder.end();
    return pieces.join('');
  };

  test.each([
    ['none', 'YWJj\r\n', ''],
    ['behind padding', 'YQ==\r\nGroup page\r\n', 'Group page\r\n'],
    [
      'behind no padding: from the line with the first foreign character',
      'YWJj\r\nGroup page: x\r\ny',
      'Group page: x\r\ny',
    ],
    ['on the line of the padding', 'YQ==Group', 'YQ==Group'],
    ['a long first line is cut at its begin', `YWJj${'a'.repeat(400)}: x`, `${'a'.repeat(256)}: x`],
  ])('footer: %s', (_, text, expected) => {
    for (const size of [1_000, 1, 2, 3, 7]) expect(footerOf(text, size)).toBe(expected);
  });
});

describe('quoted-printable', () => {
  test.each([
    ['nothing', '', ''],
    ['plain', 'a b\r\nc', 'a b\r\nc'],
    ['escapes in either case', '=C3=a9=3D', '\xc3\xa9='],
    ['a soft line break', 'a=\r\nb', 'ab'],
    ['a soft line break with white space', 'a= \t\r\nb', 'ab'],
    ['a soft line break of LF alone', 'a=\nb', 'ab'],
    ['white space at the end of a line goes', 'a \t\r\n b \r\n', 'a\r\n b\r\n'],
    ['white space before a soft break stays', 'a =\r\nb', 'a b'],
    ['white space at the very end goes', 'a  ', 'a'],
    ['white space that is escaped stays', 'a=20\r\n', 'a \r\n'],
    ['no escape', 'a=zb=4z= c=', 'a=zb=4z= c'],
    ['an escape in an escape', '==41', '=A'],
    ['an escape that ends too early', 'a=4', 'a=4'],
    ['8-bit octets', '\xe9=E9', '\xe9\xe9'],
    ['a lone CR', 'a\rb =\rc', 'a\rb =\rc'],
    ['a long run of white space', `a${' '.repeat(3_000)}b`, `a${' '.repeat(3_000)}b`],
    ['more than one piece', 'ab =\r\ncd=3D \r\n'.repeat(9_000), 'ab cd=\r\n'.repeat(9_000)],
  ])('%s', (_, text, expected) => {
    expect(decode(text, (output) => new QuotedPrintableDecoder(output))).toBe(expected);
  });
});

function uuencode(octets: Buffer): string {
  const lines: string[] = [];
  const letter = (value: number): string => String.fromCharCode(value === 0 ? 0x60 : value + 0x20);
  for (let at = 0; at < octets.length; at += 45) {
    const line = octets.subarray(at, at + 45);
    let text = letter(line.length);
    for (let i = 0; i < line.length; i += 3) {
      const bits = ((line[i] ?? 0) << 16) | ((line[i + 1] ?? 0) << 8) | (line[i + 2] ?? 0);
      for (const shift of [18, 12, 6, 0]) text += letter((bits >> shift) & 63);
    }
    lines.push(text);
  }
  return ['begin 644 x', ...lines, '`', 'end', ''].join('\r\n');
}

function yenc(octets: Buffer, lineLength: number): string {
  let text = '';
  let column = 0;
  for (const octet of octets) {
    const value = (octet + 42) & 0xff;
    const critical = [0x00, 0x0a, 0x0d, 0x3d].includes(value);
    text += critical ? `=${String.fromCharCode((value + 64) & 0xff)}` : String.fromCharCode(value);
    if (++column % lineLength === 0) text += '\r\n';
  }
  return `=ybegin line=${lineLength} size=${octets.length} name=a b.bin\r\n${text}\r\n=yend size=${octets.length}\r\n`;
}

describe('files in text', () => {
  const small = LONG.subarray(0, 5_000);
  const line = uuencode(Buffer.from('Cat')).split('\r\n')[1] ?? '';
  test.each([
    ['uuencode', uuencode(small), small.toString('latin1')],
    ['yEnc', yenc(small, 128), small.toString('latin1')],
    ['yEnc with lines longer than any buffer', yenc(small, 4_000), small.toString('latin1')],
    [
      'yEnc of many parts',
      yenc(small, 128).replace('\r\n', '\r\n=ypart begin=1 end=5000\r\n'),
      small.toString('latin1'),
    ],
    [
      'two, with text around',
      `hi\r\n${uuencode(small)}begin x\r\nbe\r\n=y\r\n${yenc(small, 128)}`,
      small.toString('latin1').repeat(2),
    ],
    [
      'lines that are none in the midst',
      `begin 644 x\r\n${line}\r\nwhat is this?\r\n${line}\r\nend\r\n`,
      'CatCat',
    ],
    [
      'behind text',
      `some text\r\nbegin 644 x\r\n${line}\r\nend\r\nand\r\n${yenc(Buffer.from('Cat'), 128)}`,
      'CatCat',
    ],
    ['stripped white space', 'begin 644 x\r\n#\r\nend\r\n', '\0\0\0'],
    ['a checksum letter', `begin 644 x\r\n${line}X\r\nend\r\n`, 'Cat'],
    ['letters in lower case', `begin 644 x\r\n${line.replace('0', 'p').replace('%', 'e')}\r\nend\r\n`, 'Cat'],
    ['words behind the letters', `begin 644 x\r\n${line} and some words\r\nend\r\n`, 'Cat'],
    ['no end', `begin 0644 x\r\n${line}`, 'Cat'],
    ['a line of LF alone', `begin 644 x\n${line}\nend\n`, 'Cat'],
  ])('%s', (_, text, expected) => {
    expect(decode(text, (output) => createUuDecoder(output, () => undefined))).toBe(expected);
  });

  test.each([
    ['prose', 'begin 644 times anew\r\nand go on\r\nend\r\n'],
    ['no mode', `begin x\r\n${line}\r\nend\r\n`],
    ['not at the begin of a line', ` begin 644 x\r\n${line}\r\nend\r\n`],
    ['yEnc without its fields', '=ybegin name=x\r\nabc\r\n=yend\r\n'],
    ['a first line alone', 'begin 644 x\r\n'],
    ['within a line, wherever the octets are cut', `a line\r\nwith begin 644 x\r\n${line}\r\nend\r\n`],
  ])('none: %s', (_, text) => {
    const names: string[] = [];
    expect(decode(text, (output) => createUuDecoder(output, (name) => void names.push(name)))).toBe('');
    expect(names).toEqual([]);
  });
});
