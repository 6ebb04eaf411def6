/**
 * The size in effect of each mailbox: the user's own, else the agency's, else the grade's. It is kept in a column,
 * because Dovecot reads it by SQL and the tables of grades are settings: computed when a user is added or changed, for
 * an agency's users when it is changed, and for everybody when the directory is opened, which is when settings change.
 */
import type { GradeTables } from '../config/settings.ts';
import type { Log } from '../lib/log.ts';
import type { AgencyId } from '../mail/envelope.ts';
import { type GradeScheme, parseGrade, quotaForGrade } from './grades.ts';
import type { DirectoryDatabase } from './schema.ts';

/** Null: the grade is not one of the scheme. */
export function quotaOf(
  user: { readonly grade: string; readonly quotaBytes: number | null },
  agency: { readonly gradeScheme: GradeScheme; readonly quotaBytes: number | null },
  tables: GradeTables,
): number | null {
  const own = user.quotaBytes ?? agency.quotaBytes;
  if (own !== null) return own;
  const reading = parseGrade(user.grade, agency.gradeScheme);
  return reading.kind === 'grade' ? quotaForGrade(reading.grade, agency.gradeScheme, tables) : null;
}

export interface QuotaDeps {
  readonly grades: GradeTables;
  readonly log: Log;
}

/**
 * Brings the column up to date; `agency` null: of all. The number of statements is that of grades in use, not of users.
 */
export async function recomputeQuotas(
  db: DirectoryDatabase,
  { grades, log }: QuotaDeps,
  agency: AgencyId | null,
): Promise<void> {
  const all = db.selectFrom('users').innerJoin('agencies', 'agencies.id', 'users.agency_id');
  const kinds = await (agency === null ? all : all.where('agencies.id', '=', agency))
    .select(['users.agency_id', 'users.grade', 'users.quota_bytes as quotaBytes'])
    .select(['agencies.code', 'agencies.grade_scheme as gradeScheme', 'agencies.quota_bytes as agencyBytes'])
    .distinct()
    .execute();
  let changed = 0;
  for (const { agency_id, grade, quotaBytes, code, gradeScheme, agencyBytes } of kinds) {
    const effective = quotaOf({ grade, quotaBytes }, { gradeScheme, quotaBytes: agencyBytes }, grades);
    if (effective === null) {
      log.warn(
        { agency: code, grade },
        'this grade is not of the agency’s scheme: mailbox sizes stay as they are',
      );
      continue;
    }
    const result = await db
      .updateTable('users')
      .set({ effective_quota_bytes: effective })
      .where('agency_id', '=', agency_id)
      .where('grade', '=', grade)
      .where('quota_bytes', quotaBytes === null ? 'is' : '=', quotaBytes)
      .where('effective_quota_bytes', '!=', effective)
      .executeTakeFirst();
    changed += Number(result.numUpdatedRows);
  }
  if (changed > 0) log.info({ users: changed }, 'mailbox sizes follow the settings and the agency’s');
}
