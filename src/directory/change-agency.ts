/**
 * Changes of agencies. Each looks and writes in one exclusive transaction; what does not fit is refused with one line
 * and changes nothing.
 */
import type { GradeTables } from '../config/settings.ts';
import { exclusively } from '../db/exclusive.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { DomainName } from '../mail/address.ts';
import type { AgencyId } from '../mail/envelope.ts';
import type { Agency, AgencyChanges, Change, NewAgency } from './directory.ts';
import { recomputeQuotas } from './effective-quota.ts';
import { agencyOf } from './list.ts';
import { type DirectoryDatabase, newAgencyId } from './schema.ts';
import { checkAgency, checkAgencyChanges, isCode, refused, show } from './validate.ts';

export interface AgencyDeps {
  readonly database: DirectoryDatabase;
  readonly grades: GradeTables;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

export async function addAgency(deps: AgencyDeps, given: NewAgency): Promise<Change<Agency>> {
  const checked = checkAgency(given);
  if (checked.kind === 'refused') return checked;
  const { code, name, domains, gradeScheme, quotaBytes } = checked.value;
  const agency: Agency = { ...checked.value, id: newAgencyId(), createdAt: deps.clock.now() };
  const change = await exclusively(deps.database, async (db): Promise<Change<Agency>> => {
    const same = await db.selectFrom('agencies').select('name').where('code', '=', code).executeTakeFirst();
    if (same) return refused(`code ${show(code)} is taken by ${show(same.name)}; choose another`);
    const [taken] = await ownersOf(db, domains);
    if (taken) return refused(takenProblem(taken));
    const { id, createdAt } = agency;
    await db
      .insertInto('agencies')
      .values({ id, code, name, grade_scheme: gradeScheme, quota_bytes: quotaBytes, created_at: createdAt })
      .execute();
    const rows = domains.map((domain, position) => ({ domain, agency_id: id, position }));
    await db.insertInto('domains').values(rows).execute();
    return { kind: 'done', value: agency };
  });
  if (change.kind === 'done') deps.log.info({ agency: code, domains }, 'agency added');
  return change;
}

/** A domain that the agency has already stays as it is. */
export async function changeAgency(
  deps: AgencyDeps,
  code: string,
  given: AgencyChanges,
): Promise<Change<Agency>> {
  const checked = checkAgencyChanges(given);
  if (checked.kind === 'refused') return checked;
  const changes = checked.value;
  const unknown = refused(`code ${show(code)} is not an agency; see "geganti agency list"`);
  // What cannot be a code is not asked: PostgreSQL takes no NUL.
  if (!isCode(code)) return unknown;
  const change = await exclusively(deps.database, async (db): Promise<Change<Agency>> => {
    const row = await db.selectFrom('agencies').selectAll().where('code', '=', code).executeTakeFirst();
    if (!row) return unknown;
    const owners = await ownersOf(db, changes.addDomains);
    const taken = owners.find((owner) => owner.code !== code);
    if (taken) return refused(takenProblem(taken));
    const { name = row.name, quotaBytes = row.quota_bytes } = changes;
    await db
      .updateTable('agencies')
      .set({ name, quota_bytes: quotaBytes })
      .where('id', '=', row.id)
      .execute();
    const known = new Set(owners.map(({ domain }) => domain));
    const added = changes.addDomains.filter((domain) => !known.has(domain));
    const domains = await addDomains(db, row.id, added);
    await recomputeQuotas(db, deps, row.id);
    return { kind: 'done', value: agencyOf({ ...row, name, quota_bytes: quotaBytes }, domains) };
  });
  if (change.kind === 'done') deps.log.info({ agency: code, changes }, 'agency changed');
  return change;
}

/** All domains of the agency, these last. */
async function addDomains(
  db: DirectoryDatabase,
  agency: AgencyId,
  added: readonly DomainName[],
): Promise<readonly DomainName[]> {
  const before = await db
    .selectFrom('domains')
    .select(['domain', 'position'])
    .where('agency_id', '=', agency)
    .orderBy('position')
    .execute();
  const next = (before.at(-1)?.position ?? -1) + 1;
  const rows = added.map((domain, index) => ({ domain, agency_id: agency, position: next + index }));
  if (rows.length > 0) await db.insertInto('domains').values(rows).execute();
  return [...before, ...rows].map(({ domain }) => domain);
}

interface Owner {
  readonly domain: DomainName;
  readonly code: string;
}

/** Which agencies have these domains already, in the order of `domains`. */
async function ownersOf(db: DirectoryDatabase, domains: readonly DomainName[]): Promise<readonly Owner[]> {
  if (domains.length === 0) return [];
  const owners = await db
    .selectFrom('domains')
    .innerJoin('agencies', 'agencies.id', 'domains.agency_id')
    .where('domains.domain', 'in', domains)
    .select(['domains.domain', 'agencies.code'])
    .execute();
  return owners.sort((a, b) => domains.indexOf(a.domain) - domains.indexOf(b.domain));
}

function takenProblem({ domain, code }: Owner): string {
  return `domain ${show(domain)} is taken by agency ${code}; choose another`;
}
