/**
 * The rows of the directory as they lie in the database (`db/directory-migrations.ts` makes the tables), and the
 * identities in them. Only this folder sees rows.
 */
import { randomBytes } from 'node:crypto';
import type { Database } from '../db/open.ts';
import type { Address, DomainName } from '../mail/address.ts';
import type { AgencyId, UserId } from '../mail/envelope.ts';
import type { TokenRight } from './directory.ts';
import type { GradeScheme } from './grades.ts';

export interface DirectorySchema {
  readonly agencies: AgencyRow;
  readonly domains: DomainRow;
  readonly users: UserRow;
  readonly tokens: TokenRow;
}

export type DirectoryDatabase = Database<DirectorySchema>;

export interface AgencyRow {
  readonly id: AgencyId;
  readonly code: string;
  readonly name: string;
  readonly grade_scheme: GradeScheme;
  /** The size of each of its mailboxes; null: by grade. */
  readonly quota_bytes: number | null;
  readonly created_at: number;
}

export interface DomainRow {
  readonly domain: DomainName;
  readonly agency_id: AgencyId;
  /** As given, from 0. */
  readonly position: number;
}

export interface UserRow {
  readonly id: UserId;
  readonly agency_id: AgencyId;
  /** In the form of `addressKey`. */
  readonly address: Address;
  readonly name: string;
  /** `Grade.text`. */
  readonly grade: string;
  /** The user's own size; null: by agency or grade. */
  readonly quota_bytes: number | null;
  /** In effect; see `effective-quota.ts`. */
  readonly effective_quota_bytes: number;
  /** PHC string. */
  readonly password_hash: string;
  /** 1 or 0. */
  readonly active: number;
  readonly created_at: number;
  /** 1 or 0. */
  readonly administrator: number;
}

export interface TokenRow {
  readonly name: string;
  readonly access_right: TokenRight;
  /** SHA-256 in hexadecimal. */
  readonly secret_hash: string;
  /** Null: it does not end. */
  readonly expires_at: number | null;
  readonly created_at: number;
}

/** Without i, l, o, u: never a word, never mistaken. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

export function newAgencyId(): AgencyId {
  return `a${randomName()}` as AgencyId;
}

/** Names the folder of the mailbox as well, so that a user keeps the mail when the address changes. */
export function newUserId(): UserId {
  return `u${randomName()}` as UserId;
}

/** 80 bits. */
function randomName(): string {
  return Array.from(randomBytes(16), (octet) => ALPHABET.charAt(octet & 31)).join('');
}
