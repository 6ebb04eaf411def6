/** Lists for administrators, in a fixed order: agencies by code, users by address. */
import type { Agency, User } from './directory.ts';
import type { DirectoryDatabase, UserRow } from './schema.ts';

export async function listAgencies(db: DirectoryDatabase): Promise<Agency[]> {
  const agencies = await db.selectFrom('agencies').selectAll().orderBy('code').execute();
  const domains = await db.selectFrom('domains').selectAll().orderBy('position').execute();
  const byAgency = Map.groupBy(domains, ({ agency_id }) => agency_id);
  return agencies.map((row) => ({
    id: row.id,
    code: row.code,
    name: row.name,
    domains: (byAgency.get(row.id) ?? []).map(({ domain }) => domain),
    gradeScheme: row.grade_scheme,
    quotaBytes: row.quota_bytes,
    createdAt: row.created_at,
  }));
}

/** `agency`: the code of one; null: all. */
export async function listUsers(db: DirectoryDatabase, filter: { agency: string | null }): Promise<User[]> {
  const all = db.selectFrom('users').selectAll('users').orderBy('users.address');
  const query =
    filter.agency === null
      ? all
      : all
          .innerJoin('agencies', 'agencies.id', 'users.agency_id')
          .where('agencies.code', '=', filter.agency);
  return (await query.execute()).map(userOf);
}

export function userOf(row: UserRow): User {
  return {
    id: row.id,
    agencyId: row.agency_id,
    address: row.address,
    name: row.name,
    grade: row.grade,
    quotaBytes: row.quota_bytes,
    effectiveQuotaBytes: row.effective_quota_bytes,
    active: row.active === 1,
    createdAt: row.created_at,
  };
}
