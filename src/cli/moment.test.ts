import { describe, expect, test } from 'vitest';
import { createZone } from '../lib/zone.ts';
import { type Direction, parseMoment } from './moment.ts';
import { createTimes } from './times.ts';

/** 16:40:12 in Kuala Lumpur. */
const NOW = Date.UTC(2026, 10, 24, 8, 40, 12);
const HOUR = 3_600_000;

describe('moments are read in the zone of the settings', () => {
  const cases: [string, string | null][] = [
    ['2026-11-24', '2026-11-23T16:00:00.000Z'],
    ['2026-11-24 08:00', '2026-11-24T00:00:00.000Z'],
    ['2026-11-24 8:00', '2026-11-24T00:00:00.000Z'],
    ['2026-11-24T08:00:12', '2026-11-24T00:00:12.000Z'],
    ['2026-11-24 08:00:12.5', '2026-11-24T00:00:12.000Z'],
    ['24 Nov 2026 16:40:12', '2026-11-24T08:40:12.000Z'],
    ['24 nov 2026', '2026-11-23T16:00:00.000Z'],
    ['2026-11-24T08:40:12Z', '2026-11-24T08:40:12.000Z'],
    ['2026-11-24T08:40:12.345Z', '2026-11-24T08:40:12.345Z'],
    ['2026-11-24 16:40+08:00', '2026-11-24T08:40:00.000Z'],
    ['08:00', '2026-11-24T00:00:00.000Z'],
    ['23:59:59', '2026-11-24T15:59:59.000Z'],
    ['now', '2026-11-24T08:40:12.000Z'],
    ['Today', '2026-11-23T16:00:00.000Z'],
    ['yesterday', '2026-11-22T16:00:00.000Z'],
    ['2h', '2026-11-24T06:40:12.000Z'],
    ['3 d', '2026-11-21T08:40:12.000Z'],
    ['1h 30m ago', '2026-11-24T07:10:12.000Z'],
    ['  2   h ', '2026-11-24T06:40:12.000Z'],
    ['2026-02-30', null],
    ['2026-13-01', null],
    ['2026-02-30T08:00:00Z', null],
    ['2026-11-24T25:00:00Z', null],
    ['2026-11-24 24:00', null],
    ['25:00', null],
    ['08:60', null],
    ['24 Foo 2026', null],
    ['24.11.2026', null],
    ['2', null],
    ['ago', null],
    ['last week', null],
    ['', null],
  ];
  const zone = createZone('Asia/Kuala_Lumpur');
  for (const [text, expected] of cases) {
    test(`"${text}" is ${expected ?? 'no moment'}`, () => {
      const moment = parseMoment(text, { now: NOW, zone, direction: 'ago' });
      expect(moment === null ? null : new Date(moment).toISOString()).toBe(expected);
    });
  }
});

test('durations go back, or ahead where a time to come is asked for', () => {
  const zone = createZone('UTC');
  const read = (text: string, direction: Direction) => parseMoment(text, { now: NOW, zone, direction });
  expect(read('2h', 'ahead')).toBe(NOW + 2 * HOUR);
  expect(read('2h', 'ago')).toBe(NOW - 2 * HOUR);
  expect(read('2h ago', 'ahead')).toBe(null);
});

describe('where clocks are put forward and back', () => {
  const zone = createZone('America/New_York');
  const cases: [string, string][] = [
    ['2026-03-08 01:59', '2026-03-08T06:59:00.000Z'],
    // Left out: the later reading.
    ['2026-03-08 02:30', '2026-03-08T07:30:00.000Z'],
    ['2026-03-08 03:00', '2026-03-08T07:00:00.000Z'],
    ['2026-11-01 00:30', '2026-11-01T04:30:00.000Z'],
    ['2026-11-01 02:00', '2026-11-01T07:00:00.000Z'],
    ['2026-07-01', '2026-07-01T04:00:00.000Z'],
  ];
  for (const [text, expected] of cases) {
    test(`${text} is ${expected}`, () => {
      const moment = parseMoment(text, { now: NOW, zone, direction: 'ago' });
      expect(new Date(moment ?? 0).toISOString()).toBe(expected);
    });
  }

  test('yesterday begins at its midnight, also after a day of 25 hours', () => {
    const now = Date.UTC(2026, 10, 2, 12);
    const moment = parseMoment('yesterday', { now, zone, direction: 'ago' });
    expect(new Date(moment ?? 0).toISOString()).toBe('2026-11-01T04:00:00.000Z');
  });
});

test('moments are shown in the zone of the settings', () => {
  const times = createTimes(() => 'Asia/Kuala_Lumpur', { now: () => NOW });
  expect(times.format(NOW)).toBe('24 Nov 2026 16:40:12');
  expect(times.format('2026-09-30T16:00:00.000Z')).toBe('01 Oct 2026 00:00:00');
  expect(times.format('nonsense')).toBe('nonsense');
  expect(times.short(NOW)).toBe('24 Nov 16:40:12');
  expect(times.short('2025-12-31T15:59:00.000Z')).toBe('31 Dec 2025 23:59');
  expect(times.sortable(NOW)).toBe('2026-11-24 16:40:12');
});

test('what is shown can be given back', () => {
  const times = createTimes(() => 'Asia/Kuala_Lumpur', { now: () => NOW });
  for (const shown of [times.format(NOW), times.sortable(NOW), new Date(NOW).toISOString()]) {
    expect(times.parse(shown, 'ago')).toBe(NOW);
  }
});
