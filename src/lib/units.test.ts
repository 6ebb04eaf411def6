import { describe, expect, test } from 'vitest';
import { formatDuration, formatSize, parseDuration, parseSize } from './units.ts';

const sizes: [string, number | null][] = [
  ['0', 0],
  ['0 B', 0],
  ['512 B', 512],
  ['100 kB', 102_400],
  ['100KB', 102_400],
  ['10 MB', 10_485_760],
  ['10 MiB', 10_485_760],
  ['10mb', 10_485_760],
  ['1.5 GB', 1_610_612_736],
  ['2 TB', 2_199_023_255_552],
  [' 20 MB ', 20_971_520],
  ['0.1 B', null],
  ['20', null],
  ['20 XB', null],
  ['20 Mbit', null],
  ['-1 MB', null],
  ['1,5 GB', null],
  ['MB', null],
  ['', null],
  ['1e3 B', null],
  ['9999999999999 TB', null],
];

const durations: [string, number | null][] = [
  ['0', 0],
  ['500 ms', 500],
  ['10 s', 10_000],
  ['1.5 s', 1500],
  ['120s', 120_000],
  ['15 m', 900_000],
  ['15 min', 900_000],
  ['1 h', 3_600_000],
  ['2h30m', 9_000_000],
  ['1 h 30 m', 5_400_000],
  ['5 d', 432_000_000],
  ['5 days', 432_000_000],
  ['10', null],
  ['10 x', null],
  ['30m2h', null],
  ['1 s 1 s', null],
  ['-5 s', null],
  ['0.0001 s', null],
  ['', null],
  ['s', null],
];

describe('parseSize', () => {
  for (const [text, expected] of sizes) {
    test(`"${text}" is ${expected ?? 'not a size'}`, () => expect(parseSize(text)).toBe(expected));
  }
});

describe('parseDuration', () => {
  for (const [text, expected] of durations) {
    test(`"${text}" is ${expected ?? 'not a time'}`, () => expect(parseDuration(text)).toBe(expected));
  }
});

describe('formatSize', () => {
  const cases: [number, string][] = [
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 kB'],
    [100_000, '97.7 kB'],
    [524_288_000, '500 MB'],
    [1_073_741_824, '1 GB'],
    [1_610_612_736, '1.5 GB'],
  ];
  for (const [bytes, text] of cases) test(text, () => expect(formatSize(bytes)).toBe(text));
});

describe('formatDuration', () => {
  const cases: [number, string][] = [
    [0, '0 ms'],
    [999, '999 ms'],
    [1500, '1.5 s'],
    [60_000, '1 m'],
    [61_000, '1 m 1 s'],
    [9_000_000, '2 h 30 m'],
    [3_600_000, '1 h'],
    [3_605_000, '1 h'],
    [90_000_000, '1 d 1 h'],
    [432_000_000, '5 d'],
  ];
  for (const [ms, text] of cases) test(`${ms} ms is ${text}`, () => expect(formatDuration(ms)).toBe(text));
});
