import { expect, test } from 'vitest';
import { fitsPattern, parsePattern } from './address-pattern.ts';

const cases: [pattern: string, written: string | null, fits: boolean][] = [
  ['ali@moh.example', 'ali@moh.example', true],
  ['ALI@Moh.Example', 'ali@moh.example', true],
  ['ali@moh.example', 'Ali@moh.example', true],
  ['ali@moh.example', 'vali@moh.example', false],
  ['ali@moh.example', null, false],
  ['@moh.example', 'siti@moh.example', true],
  ['@MOH.example', 'Siti@moh.example', true],
  ['@moh.example', 'siti@hq.moh.example', false],
  ['@h.example', 'siti@moh.example', false],
  ['@moh.example', null, false],
  ['@bücher.example', 'a@xn--bcher-kva.example', true],
  ['a@bücher.example', 'a@xn--bcher-kva.example', true],
  ['<>', null, true],
  ['<>', 'siti@moh.example', false],
  ['Not an address', 'not an ADDRESS', true],
];
for (const [pattern, written, fits] of cases) {
  test(`"${pattern}" ${fits ? 'fits' : 'does not fit'} ${written ?? 'the empty path'}`, () => {
    expect(fitsPattern(parsePattern(pattern), written)).toBe(fits);
  });
}
