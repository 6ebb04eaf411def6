/**
 * The directory over its database. Reads of the hot path are in `lookup.ts`, changes in `change-agency.ts`,
 * `change-user.ts` and `tokens.ts`. Several processes may have one each, over the same database.
 */
import type { GradeTables } from '../config/settings.ts';
import { exclusively } from '../db/exclusive.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { parseAddress } from '../mail/address.ts';
import type { Login } from '../mail/envelope.ts';
import { addAgency, changeAgency } from './change-agency.ts';
import { addUser, changeUser, findUser, resetPassword, type UserDeps } from './change-user.ts';
import type { Directory, Mailbox } from './directory.ts';
import { recomputeQuotas } from './effective-quota.ts';
import { listAgencies, listUsers } from './list.ts';
import { createLookup, type FoundUser } from './lookup.ts';
import { createPasswords } from './password.ts';
import type { DirectoryDatabase } from './schema.ts';
import { addToken, findToken, listTokens, removeToken } from './tokens.ts';

export interface DirectoryDeps {
  /** Open; it belongs to the directory from now on and is closed with it. */
  readonly database: DirectoryDatabase;
  readonly grades: GradeTables;
  readonly clock: Pick<Clock, 'now' | 'elapsedMs'>;
  readonly log: Log;
}

/** Brings the mailbox sizes up to date with the settings, then serves. When that fails, the database is closed. */
export async function createDirectory(deps: DirectoryDeps): Promise<Directory> {
  const { database } = deps;
  try {
    await exclusively(database, (db) => recomputeQuotas(db, deps, null));
  } catch (error) {
    await database.destroy();
    throw error;
  }
  const passwords = createPasswords();
  const lookup = createLookup(database, deps.clock);
  const changes: UserDeps = { ...deps, passwords };

  return {
    isOurDomain: (domain) => lookup.isOurDomain(domain),
    async findMailbox(address) {
      const user = await lookup.userByAddress(address);
      return user === null ? null : mailboxOf(user);
    },
    async authenticate(name, password) {
      const address = parseAddress(name);
      const user = address === null ? null : await lookup.userByAddress(address);
      // Hashed in every case, so that the time tells nothing.
      const verified = await passwords.verify(password, user?.password_hash ?? null);
      return user !== null && verified ? loginOf(user) : null;
    },
    async currentLogin(userId) {
      const user = await lookup.userById(userId);
      return user === null ? null : loginOf(user);
    },
    findAdministrators: async (domain) => (await lookup.administratorsOf(domain)).map(mailboxOf),
    addAgency: (agency) => addAgency(changes, agency),
    changeAgency: (code, agency) => changeAgency(changes, code, agency),
    listAgencies: () => listAgencies(database),
    addUser: (user) => addUser(changes, user),
    changeUser: (address, user) => changeUser(changes, address, user),
    findUser: (address) => findUser(database, address),
    listUsers: ({ agency }) => listUsers(database, { agency }),
    resetPassword: (address) => resetPassword(changes, address),
    addToken: (token) => addToken(deps, token),
    listTokens: () => listTokens(database),
    removeToken: (name) => removeToken(deps, name),
    findToken: (secret) => findToken(deps, secret),
    [Symbol.asyncDispose]: () => database.destroy(),
  };
}

function mailboxOf(user: FoundUser): Mailbox {
  return { userId: user.id, agencyId: user.agency_id, address: user.address, active: user.active === 1 };
}

/** Null: the user may not send. */
function loginOf(user: FoundUser): Login | null {
  if (user.active !== 1) return null;
  return { userId: user.id, agencyId: user.agency_id, address: user.address };
}
