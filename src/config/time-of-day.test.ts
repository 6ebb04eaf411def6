import { expect, test } from 'vitest';
import { timeOfDay } from './readers.ts';

const cases: [unknown, object | null][] = [
  ['07:30', { hour: 7, minute: 30 }],
  ['7:05', { hour: 7, minute: 5 }],
  ['23:59', { hour: 23, minute: 59 }],
  ['00:00', { hour: 0, minute: 0 }],
  ['off', null],
  [false, null],
  [null, null],
];
for (const [given, value] of cases) {
  test(`${given} is a time of day, or none`, () =>
    expect(timeOfDay(given)).toEqual({ kind: 'value', value }));
}

for (const given of ['24:00', '07:60', '7', '07:30:00', '', 730, true, '07.30']) {
  test(`"${given}" is no time of day`, () => expect(timeOfDay(given)).toMatchObject({ kind: 'wrong' }));
}
