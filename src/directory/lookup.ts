/**
 * The questions of the hot path, asked for each recipient and each login. Their SQL is compiled once; with the
 * prepared statements of `db/sqlite.ts` an answer takes some ten microseconds and needs no cache, so that a change
 * holds at once, whichever process made it.
 *
 * Our domains alone are remembered, for a second, since each message asks for several. That a domain is not ours is
 * never remembered: one that was added a moment ago counts at once.
 */
import type { Clock } from '../lib/clock.ts';
import { type Address, addressKey, type DomainName } from '../mail/address.ts';
import type { UserId } from '../mail/envelope.ts';
import { compare } from './list.ts';
import type { DirectoryDatabase, UserRow } from './schema.ts';

export type FoundUser = Pick<UserRow, 'id' | 'agency_id' | 'address' | 'active' | 'password_hash'>;

export interface Lookup {
  isOurDomain(domain: DomainName): Promise<boolean>;
  userByAddress(address: Address): Promise<FoundUser | null>;
  userById(id: UserId): Promise<FoundUser | null>;
  /** The active administrators of the agency that has this domain, by address. */
  administratorsOf(domain: DomainName): Promise<readonly FoundUser[]>;
}

const REMEMBERED_MS = 1000;

export function createLookup(db: DirectoryDatabase, clock: Pick<Clock, 'elapsedMs'>): Lookup {
  /** Domains of ours, and when that was read. */
  const read = new Map<DomainName, number>();
  const users = db.selectFrom('users').select(['id', 'agency_id', 'address', 'active', 'password_hash']);
  // The values here only take the place of those that each question brings.
  const byAddress = users.where('address', '=', nothing<Address>()).compile();
  const byId = users.where('id', '=', nothing<UserId>()).compile();
  const byDomain = db
    .selectFrom('domains')
    .select('domain')
    .where('domain', '=', nothing<DomainName>())
    .compile();

  return {
    async isOurDomain(domain) {
      const readAt = read.get(domain);
      const now = clock.elapsedMs();
      if (readAt !== undefined && now - readAt < REMEMBERED_MS) return true;
      const { rows } = await db.executeQuery({ ...byDomain, parameters: [domain] });
      if (rows.length > 0) read.set(domain, now);
      else read.delete(domain);
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
    async administratorsOf(domain) {
      const found = await db
        .selectFrom('domains')
        .innerJoin('users', 'users.agency_id', 'domains.agency_id')
        .select(['users.id', 'users.agency_id', 'users.address', 'users.active', 'users.password_hash'])
        .where('domains.domain', '=', domain)
        .where('users.administrator', '=', 1)
        .where('users.active', '=', 1)
        .execute();
      return found.sort((a, b) => compare(a.address, b.address));
    },
  };
}

function nothing<Value extends string>(): Value {
  return '' as Value;
}
