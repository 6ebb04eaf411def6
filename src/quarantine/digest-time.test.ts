import { expect, test } from 'vitest';
import { createZone } from '../lib/zone.ts';
import { lastDue } from './digest-time.ts';

const cases: [string, string, string, string, string][] = [
  [
    'before its time, the day before',
    'Asia/Kuala_Lumpur',
    '07:30',
    '2026-11-23T23:29:59Z',
    '2026-11-22T23:30:00Z',
  ],
  ['at its time, at once', 'Asia/Kuala_Lumpur', '07:30', '2026-11-23T23:30:00Z', '2026-11-23T23:30:00Z'],
  ['after its time, that day', 'Asia/Kuala_Lumpur', '07:30', '2026-11-24T15:59:59Z', '2026-11-23T23:30:00Z'],
  ['over the end of a year', 'Asia/Kuala_Lumpur', '23:00', '2027-01-01T00:00:00Z', '2026-12-31T15:00:00Z'],
  ['on a day of 25 hours', 'Europe/Berlin', '23:45', '2026-10-25T22:30:00Z', '2026-10-24T21:45:00Z'],
  ['on a day of 23 hours', 'Europe/Berlin', '23:45', '2026-03-29T21:30:00Z', '2026-03-28T22:45:00Z'],
  ['at a time that is left out', 'Europe/Berlin', '02:30', '2026-03-29T08:00:00Z', '2026-03-29T01:30:00Z'],
];
for (const [name, timezone, time, now, expected] of cases) {
  test(`a digest is due ${name}`, () => {
    const [hour = 0, minute = 0] = time.split(':').map(Number);
    const due = lastDue(Date.parse(now), { hour, minute }, createZone(timezone));
    expect(new Date(due).toISOString()).toBe(expected.replace('Z', '.000Z'));
  });
}
