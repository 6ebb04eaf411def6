/**
 * Reads a table of mailbox sizes by grade: `{ 40: 500 MB, 47: 1 GB, above: 4 GB }`, each row "grades up to N".
 * From the environment the same rows with commas between: "40: 500 MB, 47: 1 GB, above: 4 GB".
 */
import { parseSize } from '../lib/units.ts';
import { ok, type Reader, rowsOf, wrong } from './readers.ts';
import type { GradeStep } from './settings.ts';

const FORM = 'write it like { 40: 500 MB, 47: 1 GB, above: 4 GB }';

export const gradeTable: Reader<readonly GradeStep[]> = (given) => {
  const rows = rowsOf(given);
  if (rows === null) return wrong(`is not a table of grades; ${FORM}`);
  const steps: GradeStep[] = [];
  let rest: GradeStep | null = null;
  for (const [grade, text] of rows) {
    const quotaBytes = typeof text === 'string' ? parseSize(text) : null;
    if (quotaBytes === null || quotaBytes < 1) return wrong(`has no size for "${grade}"; ${FORM}`);
    if (grade === 'above') rest = { upTo: null, quotaBytes };
    else if (/^[1-9]\d?$/.test(grade)) steps.push({ upTo: Number(grade), quotaBytes });
    else return wrong(`has a row "${grade}", which is neither a grade nor "above"; ${FORM}`);
  }
  if (rest === null) return wrong(`has no row "above" for the highest grades; ${FORM}`);
  return ok([...steps.sort((a, b) => (a.upTo ?? 0) - (b.upTo ?? 0)), rest]);
};
