import { expect, test } from 'vitest';
import { deliverRetryAt, isExpired } from './retry.ts';

const MINUTE = 60_000;
const settings = { retryMs: [MINUTE, 5 * MINUTE, 30 * MINUTE], expireMs: 120 * MINUTE };
const at = (attempt: number, nowMinutes: number, random = 0.5) => ({
  attempt,
  receivedAt: 0,
  now: nowMinutes * MINUTE,
  random,
});

const waits: [string, ReturnType<typeof at>, number][] = [
  ['the first wait', at(1, 0), 1],
  ['the second', at(2, 1), 1 + 5],
  ['the last of the table', at(3, 6), 6 + 30],
  ['it repeats', at(9, 60), 60 + 30],
  ['20 % sooner', at(1, 0, 0), 0.8],
  ['20 % later', at(1, 0, 1), 1.2],
  ['the last attempt is when the time is up', at(9, 110), 120],
  ['after that the table goes on', at(1, 500), 501],
];
for (const [name, time, minutes] of waits) {
  test(name, () => expect(deliverRetryAt(settings, time)).toBe(minutes * MINUTE));
}

const ends: [string, ReturnType<typeof at>, boolean][] = [
  ['before the time it goes on', at(50, 119.9), false],
  ['at the time it ends', at(5, 120), true],
  ['the first attempt after a long outage is not the last', at(1, 5_000), false],
  ['nor the second', at(2, 5_000), false],
  ['the third is', at(3, 5_000), true],
];
for (const [name, time, expected] of ends) {
  test(name, () => expect(isExpired(settings, time)).toBe(expected));
}

test('an empty table waits for the end', () => {
  expect(deliverRetryAt({ retryMs: [], expireMs: 1_000 }, at(1, 0))).toBe(1_000);
});
