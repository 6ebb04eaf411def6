import { expect, test } from 'vitest';
import { cutLine } from './cut-line.ts';

const cut = (text: string, limit = 20): string => {
  const result = cutLine(Buffer.from(text, 'latin1'), limit);
  switch (result.kind) {
    case 'line':
      return `${result.line.toString('latin1')} | ${result.rest.toString('latin1')}${result.control ? ' | control' : ''}`;
    case 'breach':
      return `${result.reply.code} ${result.reply.lines.at(-1)}`;
    default:
      return result.kind;
  }
};

test.each([
  ['NOOP\r\n', 'NOOP | '],
  ['NOOP\r\nQUIT\r\n', 'NOOP | QUIT\r\n'],
  ['\r\n', ' | '],
  ['NOOP', 'partial'],
  ['NOOP\r', 'partial'],
  ['NOOP\n', '500 Lines must end with CR LF'],
  ['\n', '500 Lines must end with CR LF'],
  ['NOOP\nQUIT\r\n', '500 Lines must end with CR LF'],
  ['NO\rOP\r\n', 'NO\rOP |  | control'],
  ['NO\0OP\r\n', 'NO\0OP |  | control'],
  ['NO\tOP\r\n', 'NO\tOP | '],
  ['\x16\x03\x01', '421 This is not SMTP'],
  ['\0NOOP\r\n', '421 This is not SMTP'],
  [`${'x'.repeat(18)}\r\n`, `${'x'.repeat(18)} | `],
  [`${'x'.repeat(19)}\r\n`, '500 Command line too long'],
  ['x'.repeat(19), 'partial'],
  ['x'.repeat(20), '500 Command line too long'],
])('%j', (text, expected) => {
  expect(cut(text)).toBe(expected);
});
