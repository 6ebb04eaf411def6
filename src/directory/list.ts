/**
 * Lists for administrators, in a fixed order: agencies by code, users by address. Sorted here, since each database sorts
 * text in its own way.
 */
import type { DomainName } from '../mail/address.ts';
import type { Agency, User } from './directory.ts';
import type { AgencyRow, DirectoryDatabase, UserRow } from './schema.ts';
import { isCode } from './validate.ts';

export async function listAgencies(db: DirectoryDatabase): Promise<Agency[]> {
  const agencies = await db.selectFrom('agencies').selectAll().execute();
  const domains = await db.selectFrom('domains').selectAll().orderBy('position').execute();
  const byAgency = Map.groupBy(domains, ({ agency_id }) => agency_id);
  return agencies
    .map((row) =>
      agencyOf(
        row,
        (byAgency.get(row.id) ?? []).map(({ domain }) => domain),
      ),
    )
    .sort((a, b) => compare(a.code, b.code));
}

/** `agency`: the code of one; null: all. */
export async function listUsers(db: DirectoryDatabase, filter: { agency: string | null }): Promise<User[]> {
  const all = db.selectFrom('users').selectAll('users');
  const { agency } = filter;
  if (agency !== null && !isCode(agency)) return [];
  const query =
    agency === null
      ? all
      : all.innerJoin('agencies', 'agencies.id', 'users.agency_id').where('agencies.code', '=', agency);
  return (await query.execute()).map(userOf).sort((a, b) => compare(a.address, b.address));
}

/** By code units: the same on every machine. */
export function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

export function agencyOf(row: AgencyRow, domains: readonly DomainName[]): Agency {
  return {
    id: row.id,
    code: row.code,
    name: row.name,
    domains,
    gradeScheme: row.grade_scheme,
    quotaBytes: row.quota_bytes,
    createdAt: row.created_at,
  };
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
    administrator: row.administrator === 1,
    createdAt: row.created_at,
  };
}
