import { describe, expect, test } from 'vitest';
import {
  addressKey,
  domainOf,
  localPart,
  parseAddress,
  parseDomain,
  splitDetail,
  withDetail,
} from './address.ts';

function address(text: string): NonNullable<ReturnType<typeof parseAddress>> {
  const parsed = parseAddress(text);
  if (!parsed) throw new Error(`${text} is no address`);
  return parsed;
}

describe('a domain', () => {
  test.each([
    ['moh.example', 'moh.example'],
    ['MOH.Example', 'moh.example'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['b\u00fccher.example', 'xn--bcher-kva.example'],
    ['a-b.example', 'a-b.example'],
    [`${'a'.repeat(63)}.example`, `${'a'.repeat(63)}.example`],
  ])('%j', (text, expected) => {
    expect(parseDomain(text)).toBe(expected);
  });

  test.each([
    '',
    'localhost',
    'moh.example.',
    '.moh.example',
    'a..b',
    '-a.example',
    'a-.example',
    'a_b.example',
    `${'a'.repeat(64)}.example`,
    `${'a.'.repeat(130)}example`,
    '127.0.0.1',
    '1.2.3',
    '0x7f.1',
    '[127.0.0.1]',
    // What a URL's host would be read as "moh.example".
    '%6doh.example',
    'moh.example/x',
    'moh.example\\x',
    'moh.example?x',
    'moh.example#x',
    'moh.example:25',
    'x@moh.example',
    'moh.ex\tample',
    'moh.example\n',
    'moh example',
  ])('%j is none', (text) => {
    expect(parseDomain(text)).toBeNull();
  });
});

describe('an address', () => {
  test.each([
    ['ali@moh.example', 'ali@moh.example'],
    ['Ali@MOH.example', 'Ali@moh.example'],
    ["o'brien!#$%&*+-/=?^_`{|}~@moh.example", "o'brien!#$%&*+-/=?^_`{|}~@moh.example"],
    [`${'a'.repeat(64)}@moh.example`, `${'a'.repeat(64)}@moh.example`],
  ])('%j', (text, expected) => {
    expect(parseAddress(text)).toBe(expected);
  });

  test.each([
    '',
    '@moh.example',
    'ali',
    'ali@',
    '.ali@moh.example',
    'ali.@moh.example',
    'a..b@moh.example',
    'a b@moh.example',
    '"ali"@moh.example',
    'a@b@moh.example',
    'ali@[127.0.0.1]',
    'caf\u00e9@moh.example',
    'ali\r\n@moh.example',
    `${'a'.repeat(65)}@moh.example`,
    `${'a'.repeat(60)}@${'b.'.repeat(100)}example`,
  ])('%j is none', (text) => {
    expect(parseAddress(text)).toBeNull();
  });

  test('has a local part and a domain', () => {
    expect(localPart(address('Ali@moh.example'))).toBe('Ali');
    expect(domainOf(address('Ali@moh.example'))).toBe('moh.example');
    expect(addressKey(address('Ali+X@moh.example'))).toBe('ali+x@moh.example');
  });
});

describe('a +detail', () => {
  test.each([
    ['ali+Projek@moh.example', 'ali@moh.example', 'Projek'],
    ['ali+a+b@moh.example', 'ali@moh.example', 'a+b'],
    ['ali+@moh.example', 'ali@moh.example', ''],
    ['ali@moh.example', 'ali@moh.example', null],
    ['+ali@moh.example', '+ali@moh.example', null],
  ])('%j', (text, base, detail) => {
    expect(splitDetail(address(text))).toEqual({ base, detail });
  });

  test('is set, and replaces one that is there', () => {
    expect(withDetail(address('ali@moh.example'), 'Junk')).toBe('ali+Junk@moh.example');
    expect(withDetail(address('ali+x@moh.example'), 'Junk')).toBe('ali+Junk@moh.example');
  });
});
