import { describe, expect, test } from 'vitest';
import { fieldsNamed, fieldValue, parseHeaderBlock, withoutFields } from './headers.ts';

function read(text: string): string[] | string {
  const block = Buffer.from(text, 'latin1');
  const parsed = parseHeaderBlock(block);
  if (parsed.kind === 'malformed') return parsed.why;
  return parsed.fields.map((field) => `${field.name}=${fieldValue(block, field)}`);
}

test.each([
  ['', []],
  ['\r\n', []],
  ['A: b\r\n', ['a=b']],
  ['A: b\r\n\r\n', ['a=b']],
  ['A: b\r\nC:d\r\n\r\n', ['a=b', 'c=d']],
  ['A:\r\n', ['a=']],
  ['A: b\r\n  c\r\n\td\r\nE: f\r\n', ['a=b  c\td', 'e=f']],
  ['A:b:c\r\n', ['a=b:c']],
  ['A: b \r\n', ['a=b']],
  ['X-!#$: b\r\n', ['x-!#$=b']],
  ['A: caf\xe9\r\n', ['a=caf\xe9']],
])('%j is read', (text, expected) => {
  expect(read(text)).toEqual(expected);
});

test.each([
  ['no colon\r\n', 'a line without colon'],
  ['nocolon\r\n', 'a line without colon'],
  ['A: b\r\nnocolon\r\n\r\n', 'a line without colon'],
  ['A : b\r\n', 'a field name that is none'],
  [': b\r\n', 'a field name that is none'],
  ['caf\xe9: b\r\n', 'a field name that is none'],
  [' A: b\r\n', 'the first line is a folded one'],
  ['\tA: b\r\n', 'the first line is a folded one'],
  ['A: b\r\n \r\nC: d\r\n', 'a line of white space only'],
  ['A: b\r\n\t \t\r\n\r\n', 'a line of white space only'],
  ['From a@b.c Mon\r\nA: b\r\n', 'a line of a mailbox file ("From ")'],
])('%j is malformed', (text, why) => {
  expect(read(text)).toBe(why);
});

describe('taking fields out', () => {
  const take = (text: string, names: string[]): string => {
    const block = Buffer.from(text, 'latin1');
    const parsed = parseHeaderBlock(block);
    if (parsed.kind === 'malformed') throw new Error(parsed.why);
    return Buffer.concat(withoutFields(block, parsed.fields, (name) => names.includes(name))).toString(
      'latin1',
    );
  };
  test.each([
    ['A: 1\r\nB: 2\r\nC: 3\r\n\r\n', ['b'], 'A: 1\r\nC: 3\r\n\r\n'],
    ['A: 1\r\nB: 2\r\nC: 3\r\n\r\n', ['a', 'c'], 'B: 2\r\n\r\n'],
    ['A: 1\r\n 2\r\n\t3\r\nB: 4\r\n\r\n', ['a'], 'B: 4\r\n\r\n'],
    ['B: 4\r\nA: 1\r\n 2\r\n\r\n', ['a'], 'B: 4\r\n\r\n'],
    ['A: 1\r\na: 2\r\n', ['a'], ''],
    ['A:   odd\tspacing  \r\nb: x\r\n', ['b'], 'A:   odd\tspacing  \r\n'],
    ['A: 1\r\n', [], 'A: 1\r\n'],
  ])('%j without %j', (text, names, expected) => {
    expect(take(text, names)).toBe(expected);
  });
});

test('fields of one name are found in their order', () => {
  const block = Buffer.from('A: 1\r\nB: 2\r\na: 3\r\n');
  const parsed = parseHeaderBlock(block);
  if (parsed.kind === 'malformed') throw new Error(parsed.why);
  expect(fieldsNamed(parsed.fields, 'a').map((field) => fieldValue(block, field))).toEqual(['1', '3']);
});
