import { describe, expect, test } from 'vitest';
import { defaultSettings } from '../../test/support/settings.ts';
import { type GradeScheme, parseGrade, quotaForGrade } from './grades.ts';

const MB = 1024 ** 2;
const GB = 1024 ** 3;
const tables = defaultSettings().directory.grades;

/** As written, scheme, as kept, size. */
const known: [string, GradeScheme, string, number][] = [
  ['N1', 'classic', 'N1', 500 * MB],
  ['N19', 'classic', 'N19', 500 * MB],
  ['N29', 'classic', 'N29', 500 * MB],
  ['N40', 'classic', 'N40', 500 * MB],
  ['FA41', 'classic', 'FA41', GB],
  ['FA44', 'classic', 'FA44', GB],
  ['W47', 'classic', 'W47', GB],
  ['48', 'classic', '48', 2 * GB],
  ['M48', 'classic', 'M48', 2 * GB],
  ['M53', 'classic', 'M53', 2 * GB],
  ['M54', 'classic', 'M54', 4 * GB],
  ['UD56', 'classic', 'UD56', 4 * GB],
  ['N11', 'classic', 'N11', 500 * MB],
  ['N11', 'sspa', 'N11', GB],
  ['N1', 'sspa', 'N1', 500 * MB],
  ['N8', 'sspa', 'N8', 500 * MB],
  ['M9', 'sspa', 'M9', GB],
  ['M10', 'sspa', 'M10', GB],
  ['M12', 'sspa', 'M12', 2 * GB],
  ['M13', 'sspa', 'M13', 2 * GB],
  ['M14', 'sspa', 'M14', 4 * GB],
  ['15', 'sspa', '15', 4 * GB],
  ['JUSA C', 'classic', 'JUSA C', 4 * GB],
  ['JUSA A', 'sspa', 'JUSA A', 4 * GB],
  ['VK7', 'classic', 'VK7', 4 * GB],
  ['VU4', 'sspa', 'VU4', 4 * GB],
  ['Turus III', 'classic', 'Turus III', 4 * GB],
  ['Utama A', 'classic', 'Utama A', 4 * GB],
];

describe('grades and the size of their mailboxes', () => {
  for (const [text, scheme, kept, quotaBytes] of known) {
    test(`${text} (${scheme})`, () => {
      const reading = parseGrade(text, scheme);
      if (reading.kind === 'wrong') throw new Error(reading.problem);
      expect(reading.grade.text).toBe(kept);
      expect(quotaForGrade(reading.grade, scheme, tables)).toBe(quotaBytes);
    });
  }
});

const written: [string, string][] = [
  ['n29', 'N29'],
  [' N29 ', 'N29'],
  ['N-29', 'N29'],
  ['N–29', 'N29'],
  ['N 29', 'N29'],
  ['N.29', 'N29'],
  ['Ｎ２９', 'N29'],
  ['Gred N29', 'N29'],
  ['gred 48', '48'],
  ['Gred: N29', 'N29'],
  ['N09', 'N9'],
  ['M48 (KUP)', 'M48'],
  ['N32 KUP', 'N32'],
  ['DG44 (TBBK)', 'DG44'],
  ['jusa c', 'JUSA C'],
  ['JUSA-B', 'JUSA B'],
  ['JUSAC', 'JUSA C'],
  ['Gred Utama C', 'Utama C'],
  ['Jawatan Utama B', 'Utama B'],
  ['Gred Khas C', 'Khas C'],
  ['vk 7', 'VK7'],
  ['VU-5', 'VU5'],
  ['turus 2', 'Turus II'],
  ['TURUS I', 'Turus I'],
  ['N41/44', 'N44'],
  ['N41 / 44', 'N44'],
  ['DG41/DG44', 'DG44'],
  ['M48/52/54', 'M54'],
  ['44/41', '44'],
  ['JUSA C/B', 'JUSA C'],
  ['M54/JUSA C', 'JUSA C'],
  ['Turus III/II', 'Turus III'],
  // Not grades:
  ['', ''],
  ['N', ''],
  ['N0', ''],
  ['N57', ''],
  ['N129', ''],
  ['N2 9', ''],
  ['29N', ''],
  ['N41/', ''],
  ['N41/X', ''],
  ['N-', ''],
  ['JUSA', ''],
  ['JUSA D', ''],
  ['JUSA 5', ''],
  ['VK8', ''],
  ['VU0', ''],
  ['VK41', ''],
  ['Turus IV', ''],
  ['Turus 0', ''],
  ['ABCDE29', ''],
  ['N29; drop table users', ''],
  ['kerani', ''],
];

describe('grades as people write them', () => {
  for (const [text, kept] of written) {
    test(`"${text}" is ${kept || 'not a grade'}`, () => {
      const reading = parseGrade(text, 'classic');
      expect(reading.kind === 'grade' ? reading.grade.text : '').toBe(kept);
    });
  }

  test('the other scheme’s number is refused, and the scheme is told', () => {
    expect(parseGrade('N29', 'sspa')).toEqual({
      kind: 'wrong',
      problem:
        'grade "N29" is not known: this agency has the SSPA grades 1 to 15; write it like "N5", "M10", "14", "JUSA C", "VK7" or "Turus III"',
    });
  });

  test('a problem is one line, however long the value', () => {
    const reading = parseGrade(`N\n${'9'.repeat(500)}`, 'classic');
    if (reading.kind === 'grade') throw new Error('it was accepted');
    expect(reading.problem).toMatch(/^grade "N\\n9+…" is not known: .{1,150}$/);
  });
});
