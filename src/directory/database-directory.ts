/**
 * The directory over its database. Reads of the hot path are in `lookup.ts`, changes in `change.ts`; hashing is
 * done before a transaction begins, since other queries wait while one is open.
 */
import type { GradeTables } from '../config/settings.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { parseAddress } from '../mail/address.ts';
import type { Login } from '../mail/envelope.ts';
import { addAgency, addUser, type ChangeDeps, resetPassword } from './change.ts';
import type { Directory, Mailbox } from './directory.ts';
import { recomputeQuotas } from './effective-quota.ts';
import { listAgencies, listUsers } from './list.ts';
import { createLookup, type FoundUser } from './lookup.ts';
import { createPasswords } from './password.ts';
import type { DirectoryDatabase } from './schema.ts';

export interface DirectoryDeps {
  /** Open; it belongs to the directory from now on and is closed with it. */
  readonly database: DirectoryDatabase;
  readonly grades: GradeTables;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

/** Brings the mailbox sizes up to date with the settings, then serves. */
export async function createDirectory(deps: DirectoryDeps): Promise<Directory> {
  const { database, grades, log } = deps;
  await recomputeQuotas(database, grades, log);
  const passwords = createPasswords();
  const lookup = createLookup(database);
  await lookup.readDomains();
  const changes: ChangeDeps = { ...deps, passwords };

  return {
    isOurDomain: async (domain) => lookup.isOurDomain(domain),
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
    async addAgency(agency) {
      const change = await addAgency(changes, agency);
      await lookup.readDomains();
      return change;
    },
    addUser: (user) => addUser(changes, user),
    resetPassword: (address) => resetPassword(changes, address),
    listAgencies: () => listAgencies(database),
    listUsers: ({ agency }) => listUsers(database, { agency }),
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
