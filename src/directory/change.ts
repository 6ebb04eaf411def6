/**
 * Changes of the directory. Each looks and writes in one transaction; what does not fit is refused with one line
 * and changes nothing.
 */
import type { GradeTables } from '../config/settings.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { type Address, addressKey, type DomainName, domainOf, parseAddress } from '../mail/address.ts';
import type { Agency, Change, NewAgency, NewUser, UserWithPassword } from './directory.ts';
import { quotaOf } from './effective-quota.ts';
import { parseGrade } from './grades.ts';
import { userOf } from './list.ts';
import { newPassword, type Passwords } from './password.ts';
import { type AgencyRow, type DirectoryDatabase, newAgencyId, newUserId, type UserRow } from './schema.ts';
import { checkAgency, checkUser, domainProblem, refused, show } from './validate.ts';

export interface ChangeDeps {
  readonly database: DirectoryDatabase;
  readonly grades: GradeTables;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  readonly passwords: Passwords;
}

export async function addAgency(deps: ChangeDeps, given: NewAgency): Promise<Change<Agency>> {
  const checked = checkAgency(given);
  if (checked.kind === 'refused') return checked;
  const { code, name, domains, gradeScheme, quotaBytes } = checked.value;
  const agency: Agency = { ...checked.value, id: newAgencyId(), createdAt: deps.clock.now() };
  const change = await deps.database.transaction().execute(async (db): Promise<Change<Agency>> => {
    const same = await db.selectFrom('agencies').select('name').where('code', '=', code).executeTakeFirst();
    if (same) return refused(`code ${show(code)} is taken by ${show(same.name)}; choose another`);
    const taken = await ownerOf(db, domains);
    if (taken)
      return refused(`domain ${show(taken.domain)} is taken by agency ${taken.code}; choose another`);
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

export async function addUser(deps: ChangeDeps, given: NewUser): Promise<Change<UserWithPassword>> {
  const checked = checkUser(given);
  if (checked.kind === 'refused') return checked;
  const { address, name, grade: gradeText, quotaBytes } = checked.value;
  // Looked up before the hash, which costs more than all the rest; an agency's scheme does not change.
  const owner = await agencyOf(deps.database, domainOf(address));
  if (!owner) return refused(domainProblem(address));
  const reading = parseGrade(gradeText, owner.grade_scheme);
  if (reading.kind === 'wrong') return refused(reading.problem);
  const grade = reading.grade.text;
  const agency = { gradeScheme: owner.grade_scheme, quotaBytes: owner.quota_bytes };
  const effective = quotaOf({ grade, quotaBytes }, agency, deps.grades);
  if (effective === null) throw new Error(`a grade in canonical form was not read: ${grade}`);

  const password = newPassword();
  const row: UserRow = {
    id: newUserId(),
    agency_id: owner.id,
    address,
    name,
    grade,
    quota_bytes: quotaBytes,
    effective_quota_bytes: effective,
    password_hash: await deps.passwords.hash(password),
    active: 1,
    created_at: deps.clock.now(),
  };
  const inserted = await deps.database
    .insertInto('users')
    .values(row)
    .onConflict((conflict) => conflict.column('address').doNothing())
    .executeTakeFirst();
  if (inserted.numInsertedOrUpdatedRows !== 1n) {
    return refused(`address ${show(address)} exists already; choose another`);
  }
  deps.log.info({ user: address, agency: owner.code, grade }, 'user added');
  return { kind: 'done', value: { user: userOf(row), password } };
}

export async function resetPassword(deps: ChangeDeps, text: string): Promise<Change<UserWithPassword>> {
  const parsed = parseAddress(text.trim());
  const address: Address | null = parsed && addressKey(parsed);
  const password = newPassword();
  const hash = await deps.passwords.hash(password);
  const row = await deps.database
    .updateTable('users')
    .set({ password_hash: hash })
    .where('address', '=', address)
    .returningAll()
    .executeTakeFirst();
  if (!row) return refused(`address ${show(text)} is not a user; see "geganti user list"`);
  deps.log.info({ user: row.address }, 'password reset');
  return { kind: 'done', value: { user: userOf(row), password } };
}

function agencyOf(db: DirectoryDatabase, domain: DomainName): Promise<AgencyRow | undefined> {
  return db
    .selectFrom('domains')
    .innerJoin('agencies', 'agencies.id', 'domains.agency_id')
    .where('domains.domain', '=', domain)
    .selectAll('agencies')
    .executeTakeFirst();
}

function ownerOf(
  db: DirectoryDatabase,
  domains: readonly DomainName[],
): Promise<{ domain: DomainName; code: string } | undefined> {
  return db
    .selectFrom('domains')
    .innerJoin('agencies', 'agencies.id', 'domains.agency_id')
    .where('domains.domain', 'in', domains)
    .select(['domains.domain', 'agencies.code'])
    .executeTakeFirst();
}
