import { describe, expect, test } from 'vitest';
import { isHelloName, parseCommand, parsePath } from './command.ts';

test.each([
  ['NOOP', 'NOOP', ''],
  ['noop', 'NOOP', ''],
  ['  NOOP', '', ''],
  ['EHLO  a.test  ', 'EHLO', 'a.test'],
  ['MAIL FROM:<a@b.c>', 'MAIL', 'FROM:<a@b.c>'],
  ['RCPT\tTO:<a@b.c>', 'RCPT', 'TO:<a@b.c>'],
  ['Subject: x', '', ''],
  ['', '', ''],
])('the command %j', (line, verb, argument) => {
  expect(parseCommand(Buffer.from(line))).toEqual({ verb, argument });
});

describe('a path', () => {
  const read = (argument: string, keyword: 'FROM' | 'TO' = 'FROM'): unknown => {
    const result = parsePath(argument, keyword);
    return result === null || result === 'parameters' ? result : [result.path, ...result.parameters];
  };
  test.each([
    ['FROM:<a@b.c>', ['a@b.c']],
    ['from:<>', ['']],
    ['FROM: <a@b.c>', ['a@b.c']],
    ['FROM:<@x.y,@z.w:a@b.c>', ['a@b.c']],
    [
      'FROM:<a@b.c> size=10 BODY=8BITMIME FLAG',
      ['a@b.c', ['SIZE', '10'], ['BODY', '8BITMIME'], ['FLAG', null]],
    ],
    ['FROM:<a@b.c> A=1 a=2', 'parameters'],
    ['FROM:<a@b.c> =1', 'parameters'],
    ['FROM:<a@b.c> A=', 'parameters'],
    ['FROM:<a@b.c> A=b=c', 'parameters'],
    ['FROM:<a@b.c>x', null],
    ['FROM:a@b.c', null],
    ['FROM:<<a@b.c>>', null],
    ['FROM <a@b.c>', null],
    ['FROM:<a@b.c', null],
    ['TO:<a@b.c>', null],
    ['', null],
  ])('%j', (argument, expected) => {
    expect(read(argument)).toEqual(expected);
  });
  test('after TO', () => {
    expect(read('To:<a@b.c>', 'TO')).toEqual(['a@b.c']);
  });
});

test.each([
  ['a.test', true],
  ['localhost', true],
  ['[192.0.2.1]', true],
  ['[IPv6:2001:db8::1]', true],
  ['192.0.2.1', true],
  ['PC_7', true],
  ['x'.repeat(255), true],
  ['x'.repeat(256), false],
  ['', false],
  ['[]', false],
  ['a b', false],
  ['a(b)', false],
  ['caf\xe9', false],
])('the name %j of a client: %s', (name, expected) => {
  expect(isHelloName(name)).toBe(expected);
});
