/**
 * The questions of the hot path, asked for each recipient and each login. Their SQL is compiled once; with the
 * prepared statements of `db/sqlite.ts` an answer takes some ten microseconds and needs no cache, so that a change
 * holds at once.
 */
import { type Address, addressKey, type DomainName } from '../mail/address.ts';
import type { UserId } from '../mail/envelope.ts';
import type { DirectoryDatabase, UserRow } from './schema.ts';

export type FoundUser = Pick<UserRow, 'id' | 'agency_id' | 'address' | 'active' | 'password_hash'>;

export interface Lookup {
  isOurDomain(domain: DomainName): Promise<boolean>;
  userByAddress(address: Address): Promise<FoundUser | null>;
  userById(id: UserId): Promise<FoundUser | null>;
}

export function createLookup(db: DirectoryDatabase): Lookup {
  const users = db.selectFrom('users').select(['id', 'agency_id', 'address', 'active', 'password_hash']);
  // The values here only take the place of those that each question brings.
  const byDomain = db
    .selectFrom('domains')
    .select('domain')
    .where('domain', '=', nothing<DomainName>())
    .compile();
  const byAddress = users.where('address', '=', nothing<Address>()).compile();
  const byId = users.where('id', '=', nothing<UserId>()).compile();

  return {
    async isOurDomain(domain) {
      const { rows } = await db.executeQuery({ ...byDomain, parameters: [domain.toLowerCase()] });
      return rows.length > 0;
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
