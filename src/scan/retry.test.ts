import { expect, test } from 'vitest';
import { scanRetryAt } from './retry.ts';

const settings = { retryMs: 1_000, maxRetryMs: 60_000 };

const cases: [string, number, number, number][] = [
  ['the first wait is retryMs', 1, 0.5, 1_000],
  ['the second doubles', 2, 0.5, 2_000],
  ['the fifth', 5, 0.5, 16_000],
  ['it stops at maxRetryMs', 7, 0.5, 60_000],
  ['and stays there', 5_000, 0.5, 60_000],
  ['at the earliest 20 % sooner', 1, 0, 800],
  ['at the latest 20 % later', 1, 1, 1_200],
];

for (const [name, attempt, random, expected] of cases) {
  test(name, () => expect(scanRetryAt(settings, { attempt, now: 50_000, random })).toBe(50_000 + expected));
}
