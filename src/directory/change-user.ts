/**
 * Changes of users. Each looks and writes in one exclusive transaction; what does not fit is refused with one line and
 * changes nothing. Hashing, which costs more than all the rest, is done before the transaction begins.
 */
import { exclusively } from '../db/exclusive.ts';
import { type Address, addressKey, type DomainName, domainOf, parseAddress } from '../mail/address.ts';
import type { AgencyDeps } from './change-agency.ts';
import type { Change, NewUser, User, UserChanges, UserWithPassword } from './directory.ts';
import { quotaOf } from './effective-quota.ts';
import { parseGrade } from './grades.ts';
import { userOf } from './list.ts';
import { newPassword, type Passwords } from './password.ts';
import { type AgencyRow, type DirectoryDatabase, newUserId, type UserRow } from './schema.ts';
import { type Checked, checkUser, checkUserChanges, domainProblem, refused, show } from './validate.ts';

export interface UserDeps extends AgencyDeps {
  readonly passwords: Passwords;
}

export async function addUser(deps: UserDeps, given: NewUser): Promise<Change<UserWithPassword>> {
  const checked = checkUser(given);
  if (checked.kind === 'refused') return checked;
  const { address, name, quotaBytes, administrator = false } = checked.value;
  const password = newPassword();
  const hash = await deps.passwords.hash(password);
  const change = await exclusively(deps.database, async (db): Promise<Change<UserRow>> => {
    const agency = await agencyOfDomain(db, domainOf(address));
    if (!agency) return refused(domainProblem(address));
    const grade = readGrade(checked.value.grade, agency);
    if (grade.kind === 'refused') return grade;
    const effective = effectiveOf({ grade: grade.value, quotaBytes }, agency, deps);
    if (effective === null) throw new Error(`a grade in canonical form was not read: ${grade.value}`);
    const same = await db.selectFrom('users').select('id').where('address', '=', address).executeTakeFirst();
    if (same) return refused(`address ${show(address)} exists already; choose another`);
    const row: UserRow = {
      id: newUserId(),
      agency_id: agency.id,
      address,
      name,
      grade: grade.value,
      quota_bytes: quotaBytes,
      effective_quota_bytes: effective,
      password_hash: hash,
      active: 1,
      created_at: deps.clock.now(),
      administrator: Number(administrator),
    };
    await db.insertInto('users').values(row).execute();
    return { kind: 'done', value: row };
  });
  if (change.kind === 'refused') return change;
  const user = userOf(change.value);
  deps.log.info({ user: user.address, grade: user.grade }, 'user added');
  return { kind: 'done', value: { user, password } };
}

export async function changeUser(deps: UserDeps, text: string, given: UserChanges): Promise<Change<User>> {
  const checked = checkUserChanges(given);
  if (checked.kind === 'refused') return checked;
  const changes = checked.value;
  const address = keyOf(text);
  if (address === null) return unknownUser(text);
  const change = await exclusively(deps.database, async (db): Promise<Change<User>> => {
    const row = await db.selectFrom('users').selectAll().where('address', '=', address).executeTakeFirst();
    if (!row) return unknownUser(text);
    const { name = row.name, quotaBytes = row.quota_bytes, active, administrator } = changes;
    const agency = await db
      .selectFrom('agencies')
      .selectAll()
      .where('id', '=', row.agency_id)
      .executeTakeFirstOrThrow();
    const grade = changes.grade === undefined ? valid(row.grade) : readGrade(changes.grade, agency);
    if (grade.kind === 'refused') return grade;
    const set = {
      name,
      grade: grade.value,
      quota_bytes: quotaBytes,
      // A grade that the scheme no longer knows keeps its size.
      effective_quota_bytes:
        effectiveOf({ grade: grade.value, quotaBytes }, agency, deps) ?? row.effective_quota_bytes,
      active: active === undefined ? row.active : Number(active),
      administrator: administrator === undefined ? row.administrator : Number(administrator),
    };
    await db.updateTable('users').set(set).where('id', '=', row.id).execute();
    return { kind: 'done', value: userOf({ ...row, ...set }) };
  });
  if (change.kind === 'done') deps.log.info({ user: address, changes }, 'user changed');
  return change;
}

export async function resetPassword(deps: UserDeps, text: string): Promise<Change<UserWithPassword>> {
  const address = keyOf(text);
  if (address === null) return unknownUser(text);
  const password = newPassword();
  const hash = await deps.passwords.hash(password);
  const row = await deps.database
    .updateTable('users')
    .set({ password_hash: hash })
    .where('address', '=', address)
    .returningAll()
    .executeTakeFirst();
  if (!row) return unknownUser(text);
  deps.log.info({ user: row.address }, 'password reset');
  return { kind: 'done', value: { user: userOf(row), password } };
}

export async function findUser(db: DirectoryDatabase, text: string): Promise<User | null> {
  const address = keyOf(text);
  if (address === null) return null;
  const row = await db.selectFrom('users').selectAll().where('address', '=', address).executeTakeFirst();
  return row ? userOf(row) : null;
}

/** As the database has it; null: no address at all. */
function keyOf(text: string): Address | null {
  const parsed = parseAddress(text.trim());
  return parsed && addressKey(parsed);
}

function unknownUser(text: string) {
  return refused(`address ${show(text)} is not a user; see "geganti user list"`);
}

function valid(value: string): Checked<string> {
  return { kind: 'valid', value };
}

function readGrade(text: string, agency: AgencyRow): Checked<string> {
  const reading = parseGrade(text, agency.grade_scheme);
  return reading.kind === 'wrong' ? refused(reading.problem) : valid(reading.grade.text);
}

function effectiveOf(
  user: { readonly grade: string; readonly quotaBytes: number | null },
  agency: AgencyRow,
  { grades }: Pick<UserDeps, 'grades'>,
): number | null {
  return quotaOf(user, { gradeScheme: agency.grade_scheme, quotaBytes: agency.quota_bytes }, grades);
}

function agencyOfDomain(db: DirectoryDatabase, domain: DomainName): Promise<AgencyRow | undefined> {
  return db
    .selectFrom('domains')
    .innerJoin('agencies', 'agencies.id', 'domains.agency_id')
    .where('domains.domain', '=', domain)
    .selectAll('agencies')
    .executeTakeFirst();
}
