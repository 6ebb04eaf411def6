import { describe, expect, test } from 'vitest';
import { parseMailboxList } from './from-header.ts';

function read(value: string): string[] | string {
  const list = parseMailboxList(value);
  return list.kind === 'mailboxes' ? [...list.addresses] : list.kind;
}

describe('is read', () => {
  test.each([
    ['a@b.test', ['a@b.test']],
    ['<a@b.test>', ['a@b.test']],
    ['Ali <a@b.test>', ['a@b.test']],
    ['Ali bin Abu <a@b.test>', ['a@b.test']],
    ['Ali B. Abu <a@b.test>', ['a@b.test']],
    ['"Abu, Ali" <a@b.test>', ['a@b.test']],
    ['"a \\" <x@y.test> \\\\" <a@b.test>', ['a@b.test']],
    ['"x@y.test" <a@b.test>', ['a@b.test']],
    ['(x@y.test) a@b.test', ['a@b.test']],
    ['a@b.test (Ali (bin) \\) Abu)', ['a@b.test']],
    ['=?utf-8?B?QWxpIDxhQGIudGVzdD4=?= <a@b.test>', ['a@b.test']],
    ['caf\xe9 <a@b.test>', ['a@b.test']],
    ['Ali<a@b.test>', ['a@b.test']],
    ['Ali < a@b.test >', ['a@b.test']],
    ['a@B.Test', ['a@b.test']],
    ['a@b.test, Siti <s@b.test>', ['a@b.test', 's@b.test']],
    ['a+b=c@b.test', ['a+b=c@b.test']],
  ])('%j', (value, expected) => {
    expect(read(value)).toEqual(expected);
  });
});

describe('is a group', () => {
  test.each(['team: a@b.test;', 'undisclosed recipients:;', 'a@b.test; s@b.test', '<@x.test:a@b.test>'])(
    '%j',
    (value) => {
      expect(read(value)).toBe('group');
    },
  );
});

describe('is unreadable', () => {
  test.each([
    '',
    '   ',
    'Ali',
    'a@b',
    'a@b.test x',
    'x a@b.test',
    '<a@b.test> x',
    '<a@b.test> <x@y.test>',
    '<a@b.test',
    'a@b.test>',
    '<<a@b.test>>',
    '<>',
    'Ali <>',
    'a@b.test,',
    ',a@b.test',
    'a@b.test,,x@y.test',
    'a @b.test',
    'a@ b.test',
    'a@(x)b.test',
    'a@b.test@c.test',
    '"a"@b.test',
    '"a b"@b.test',
    'a@[192.0.2.1]',
    'a.@b.test',
    '.a@b.test',
    'a..b@b.test',
    'caf\xe9@b.test',
    'a@caf\xe9.test',
    '=?utf-8?Q?a=40b.test?=',
    '"unclosed <a@b.test>',
    'a@b.test (unclosed',
    'a@b.test )',
    'a@b.test\0',
    'a\rb@b.test',
    'x@y.test <a@b.test>',
  ])('%j', (value) => {
    expect(read(value)).toBe('unreadable');
  });
});

test('a hundred kilobytes of parentheses, quotes or commas take no time', () => {
  for (const text of ['(', '"', ',', '<', '"\\', 'a '].map((part) => part.repeat(50_000))) {
    expect(read(text)).toBe('unreadable');
  }
});
