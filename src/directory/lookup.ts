/**
 * The questions of the hot path, asked for each recipient and each login. Their SQL is compiled once; with the
 * prepared statements of `db/sqlite.ts` an answer takes some ten microseconds and needs no cache, so that a change
 * holds at once. The domains alone are kept in memory: each message asks for several. This process is the only one
 * that writes the database, and `readDomains` follows each change of them.
 */
import { type Address, addressKey, type DomainName } from '../mail/address.ts';
import type { UserId } from '../mail/envelope.ts';
import type { DirectoryDatabase, UserRow } from './schema.ts';

export type FoundUser = Pick<UserRow, 'id' | 'agency_id' | 'address' | 'active' | 'password_hash'>;

export interface Lookup {
  isOurDomain(domain: DomainName): boolean;
  readDomains(): Promise<void>;
  userByAddress(address: Address): Promise<FoundUser | null>;
  userById(id: UserId): Promise<FoundUser | null>;
}

/** Knows no domain before the first `readDomains`. */
export function createLookup(db: DirectoryDatabase): Lookup {
  let domains: ReadonlySet<string> = new Set();
  const users = db.selectFrom('users').select(['id', 'agency_id', 'address', 'active', 'password_hash']);
  // The values here only take the place of those that each question brings.
  const byAddress = users.where('address', '=', nothing<Address>()).compile();
  const byId = users.where('id', '=', nothing<UserId>()).compile();

  return {
    isOurDomain: (domain) => domains.has(domain.toLowerCase()),
    async readDomains() {
      const rows = await db.selectFrom('domains').select('domain').execute();
      domains = new Set(rows.map(({ domain }) => domain));
    },
    async userByAddress(address) {
      const { rows } = await db.executeQuery<FoundUser>({ ...byAddress, parameters: [addressKey(address)] });
      return rows[0] ?? null;
    },
    async userById(id) {
      const { rows } = await db.executeQuery<FoundUser>({ ...byId, parameters: [id] });
      return rows[0] ?? null;
    },
  };
}

function nothing<Value extends string>(): Value {
  return '' as Value;
}
