/**
 * Grades of the public service, and the mailbox size that each carries (PTPA 3/2017 L1 §10(iii)). Pure.
 *
 * A grade is service letters and a number ("N19", "FA41", "48"), or one of the top ranks (JUSA, Turus, VK, VU …),
 * which stand above all numbers. People write it in many ways: "n-29", "Gred N 29", "jusa c", "N41/44", "M48 (KUP)".
 */
import type { GradeTables } from '../config/settings.ts';

/** classic: grades up to 54 and the top ranks. sspa: renumbered 1–15 since December 2024. Never guessed: "N11" exists in both. */
export type GradeScheme = 'classic' | 'sspa';
export const GRADE_SCHEMES: readonly GradeScheme[] = ['classic', 'sspa'];

export interface Grade {
  /** The one way in which we write it: "N29", "48", "JUSA C", "Turus III"; of a pair the larger (of two top ranks the first). */
  readonly text: string;
  /** The number; null: a top rank. */
  readonly level: number | null;
}

export type GradeReading =
  | { readonly kind: 'grade'; readonly grade: Grade }
  /** One line that names the value and what may be written. */
  | { readonly kind: 'wrong'; readonly problem: string };

/** Classic grades end at 54; some medical services had a 56. */
const HIGHEST: Readonly<Record<GradeScheme, number>> = { classic: 56, sspa: 15 };

const FORMS: Readonly<Record<GradeScheme, string>> = {
  classic:
    'this agency has the classic grades 1 to 56; write it like "N29", "FA41", "48", "JUSA C", "VK7" or "Turus III"',
  sspa: 'this agency has the SSPA grades 1 to 15; write it like "N5", "M10", "14", "JUSA C", "VK7" or "Turus III"',
};

/** The top ranks, and how each is written. Their names are never service letters. */
const TOP_RANKS: readonly (readonly [RegExp, (step: string) => string])[] = [
  [/^JUSA([ABC])$/, (step) => `JUSA ${step}`],
  [/^UTAMA([ABC])$/, (step) => `Utama ${step}`],
  [/^KHAS([ABC])$/, (step) => `Khas ${step}`],
  [/^VK([1-7])$/, (step) => `VK${step}`],
  [/^VU([1-7])$/, (step) => `VU${step}`],
  [/^TURUS(I{1,3}|[123])$/, (step) => `Turus ${'I'.repeat(Number(step) || step.length)}`],
];
const TOP_NAMES: readonly string[] = ['JUSA', 'UTAMA', 'KHAS', 'VK', 'VU', 'TURUS'];

/** Two grades with a slash between ("N41/44", "DG41/DG44", "M54/JUSA C") count as the larger one. */
export function parseGrade(text: string, scheme: GradeScheme): GradeReading {
  const parts = normalize(text).split(/ *\/ */);
  const letters = /^[A-Z]*?(?=\d|[ABC]?$|I+$)/.exec(compact(parts[0] ?? ''))?.[0] ?? '';
  const grades: Grade[] = [];
  for (const part of parts) {
    const grade = parseOne(isRemainder(part) ? letters + part : compact(part), scheme);
    if (!grade) return { kind: 'wrong', problem: `grade ${quoted(text)} is not known: ${FORMS[scheme]}` };
    grades.push(grade);
  }
  return { kind: 'grade', grade: grades.reduce((a, b) => (rank(b) > rank(a) ? b : a)) };
}

/** The size that the table gives; an agency or a user may have been given another. */
export function quotaForGrade(grade: Grade, scheme: GradeScheme, tables: GradeTables): number {
  const { level } = grade;
  if (level === null) return tables.topBytes;
  const step = tables[scheme].find(({ upTo }) => upTo === null || level <= upTo);
  // The settings see to it that the last row has no upper end.
  return step?.quotaBytes ?? tables.topBytes;
}

/** Upper case, one kind of dash, without "Gred" before and "(KUP)", "TBK" … behind, which do not change the size. */
function normalize(text: string): string {
  return text
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\u2010-\u2015]/g, '-')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^(?:JAWATAN )?(?:GRED|GRADE|JAWATAN)[: ]*/, '')
    .replace(/ ?\(?\b(?:KUP|TBK|TBBK)\)?$/, '');
}

/** "N-29", "N 29", "N.29" → "N29"; "JUSA C" → "JUSAC". */
function compact(part: string): string {
  return part.replace(/^([A-Z]+)[ .-]+(?=[A-Z0-9])/, '$1');
}

/** "44" of "N41/44", "B" of "JUSA C/B", "II" of "Turus III/II": what stands before it is in the first of the pair. */
function isRemainder(part: string): boolean {
  return /^(?:\d{1,2}|[ABC]|I{1,3})$/.test(part);
}

function parseOne(text: string, scheme: GradeScheme): Grade | null {
  for (const [form, write] of TOP_RANKS) {
    const step = form.exec(text)?.[1];
    if (step !== undefined) return { text: write(step), level: null };
  }
  const match = /^([A-Z]{0,4})0?(\d{1,2})$/.exec(text);
  const letters = match?.[1] ?? '';
  const level = Number(match?.[2] ?? 0);
  if (level < 1 || level > HIGHEST[scheme] || TOP_NAMES.includes(letters)) return null;
  return { text: `${letters}${level}`, level };
}

function rank(grade: Grade): number {
  return grade.level ?? Number.POSITIVE_INFINITY;
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 39)}…` : text);
}
