import { describe, expect, test } from 'vitest';
import { csvLine } from './csv.ts';
import { type Column, fitWidths } from './table.ts';
import { cut, widthOf } from './width.ts';

describe('widths', () => {
  const id: Column = { name: 'ID', rigid: true };
  const from: Column = { name: 'FROM' };
  const why: Column = { name: 'WHY', spare: true };
  const size: Column = { name: 'SIZE', rigid: true, spare: true };
  const cases: [string, Column[], number[], number, (number | null)[]][] = [
    ['all when there is room', [id, from, why], [18, 30, 50], 200, [18, 30, 50]],
    ['all when the width is not known', [id, from], [18, 3000], Number.POSITIVE_INFINITY, [18, 3000]],
    ['the widest is cut first', [id, from, why], [18, 20, 50], 80, [18, 20, 38]],
    ['the widest end alike', [id, from, why], [18, 50, 60], 80, [18, 29, 29]],
    ['one that is huge', [id, from], [18, 100_000], 80, [18, 60]],
    ['spare ones go, the last first', [id, from, why, size], [18, 50, 60, 9], 41, [18, 21, null, null]],
    ['no more of them than must', [id, from, why, size], [18, 50, 60, 9], 45, [18, 11, 12, null]],
    ['what is rigid stays, though the lines wrap', [id, from], [18, 50], 20, [18, 10]],
  ];
  for (const [name, columns, natural, room, expected] of cases) {
    test(name, () => expect(fitWidths(columns, natural, room)).toEqual(expected));
  }
});

describe('a cut text', () => {
  const cases: [string, number, string][] = [
    ['ali@moh.example', 15, 'ali@moh.example'],
    ['ali@moh.example', 10, 'ali@moh.e…'],
    ['héllo', 4, 'hél…'],
    ['漢字漢字', 8, '漢字漢字'],
    ['漢字漢字', 6, '漢字…'],
    ['👍👍👍', 5, '👍👍…'],
    ['e\u0301e\u0301e\u0301', 2, 'e\u0301…'],
  ];
  for (const [text, width, expected] of cases) {
    test(`"${text}" in ${width} columns is "${expected}"`, () => {
      expect(cut(text, width)).toBe(expected);
      expect(widthOf(expected)).toBeLessThanOrEqual(width);
    });
  }
});

describe('comma-separated values', () => {
  const cases: [string[], string][] = [
    [['a', '', 'b c'], 'a,,b c'],
    [['a,b', 'say "hi"'], '"a,b","say ""hi"""'],
    [['a\r\nb', 'tab\there', '\u202edog'], 'a??b,tab?here,?dog'],
    [['=1+1', '+1', '-1', '@x', '=a,"b"'], `'=1+1,'+1,'-1,'@x,"'=a,""b"""`],
    [['a=1', '<>', "'x"], "a=1,<>,'x"],
  ];
  for (const [cells, expected] of cases) {
    test(JSON.stringify(cells), () => expect(csvLine(cells)).toBe(`${expected}\r\n`));
  }
});
