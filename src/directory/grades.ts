/** Grades of the public service, and the mailbox size that each carries (PTPA 3/2017 L1 §10(iii)). */

/** classic: grades up to 54 and the top ranks. sspa: renumbered 1–15 since December 2024. Never guessed: "N11" exists in both. */
export type GradeScheme = 'classic' | 'sspa';
