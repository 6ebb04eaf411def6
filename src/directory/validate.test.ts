import { describe, expect, test } from 'vitest';
import type { NewAgency, NewUser } from './directory.ts';
import { checkAgency, checkUser } from './validate.ts';

const agency: NewAgency = {
  code: 'moh',
  name: ' Kesihatan ',
  domains: ['MOH.example'],
  gradeScheme: 'classic',
};
const user: NewUser = { address: ' Ali.B_1-x@MOH.example', name: ' Ali ', grade: 'N29', quotaBytes: null };

test('an agency is kept without spaces around its name, its domains in one form', () =>
  expect(checkAgency(agency)).toEqual({
    kind: 'valid',
    value: {
      code: 'moh',
      name: 'Kesihatan',
      domains: ['moh.example'],
      gradeScheme: 'classic',
      quotaBytes: null,
    },
  }));

test('a user is kept with the address in lower case', () =>
  expect(checkUser(user)).toEqual({
    kind: 'valid',
    value: { address: 'ali.b_1-x@moh.example', name: 'Ali', grade: 'N29', quotaBytes: null },
  }));

const CODE = 'must have 2 to 32 of a-z, 0-9 and hyphen; write it like "moh"';
const SIZE = 'is no size of a mailbox; write one from 1 MB to 1 TB';

describe('an agency is refused for its', () => {
  const cases: [string, Partial<NewAgency>, string][] = [
    ['code with capitals', { code: 'MOH2' }, `code "MOH2" ${CODE}`],
    ['short code', { code: 'm' }, `code "m" ${CODE}`],
    ['code as a path', { code: '../x' }, `code "../x" ${CODE}`],
    ['empty name', { name: ' ' }, 'name is empty; write the full name'],
    ['name of two lines', { name: 'a\nb' }, 'name "a\\nb" has control characters; write it on one line'],
    [
      'long name',
      { name: 'x'.repeat(201) },
      `name "${'x'.repeat(79)}…" is too long; write at most 200 characters`,
    ],
    ['lack of domains', { domains: [] }, 'domains is empty; give at least one, like "moh.example"'],
    [
      'bad domain',
      { domains: ['localhost'] },
      'domain "localhost" is not a mail domain; write it like "moh.example"',
    ],
    [
      'domain given twice',
      { domains: ['a.example', 'A.example'] },
      'domain "A.example" is given twice; write it once',
    ],
    ['size', { quotaBytes: 0 }, `quota 0 ${SIZE}`],
  ];
  for (const [name, change, expected] of cases) {
    test(name, () =>
      expect(checkAgency({ ...agency, ...change })).toEqual({ kind: 'refused', problem: expected }),
    );
  }
});

describe('a user is refused for the', () => {
  const before = 'may have letters, digits, ".", "_" and "-" before the "@" only';
  const cases: [string, Partial<NewUser>, string][] = [
    [
      'address without domain',
      { address: 'ali' },
      'address "ali" has no domain; write it like "ali@moh.example"',
    ],
    [
      'address with a space',
      { address: 'a b@moh.example' },
      'address "a b@moh.example" is not a mail address; write it like "ali@moh.example"',
    ],
    ['address with a detail', { address: 'a+b@moh.example' }, `address "a+b@moh.example" ${before}`],
    ['address with a quote', { address: "o'n@moh.example" }, `address "o'n@moh.example" ${before}`],
    ['empty name', { name: '' }, 'name is empty; write the full name'],
    ['size in parts', { quotaBytes: 1_048_577.5 }, `quota 1048577.5 ${SIZE}`],
    ['size without end', { quotaBytes: 2 ** 50 }, `quota 1125899906842624 ${SIZE}`],
  ];
  for (const [name, change, expected] of cases) {
    test(name, () =>
      expect(checkUser({ ...user, ...change })).toEqual({ kind: 'refused', problem: expected }),
    );
  }
});
