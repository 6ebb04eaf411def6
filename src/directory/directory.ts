/**
 * Agencies, their domains, and their users: who may send, who has a mailbox, and how large it is.
 * This is all that the other folders see; rows and SQL stay inside.
 */
import type { Address, DomainName } from '../mail/address.ts';
import type { AgencyId, Login, UserId } from '../mail/envelope.ts';
import type { GradeScheme } from './grades.ts';

export interface Directory extends AsyncDisposable {
  isOurDomain(domain: DomainName): Promise<boolean>;
  /** The mailbox of an address without `+detail`, in any case; null: there is none. */
  findMailbox(address: Address): Promise<Mailbox | null>;
  /** Takes as long for an unknown name as for a wrong password. Null: neither says which. */
  authenticate(name: string, password: string): Promise<Login | null>;
  /** Whether the user still may send: disabled, removed or of a removed agency is null. */
  currentLogin(userId: UserId): Promise<Login | null>;

  /** The mailboxes of the active administrators of the agency whose domain this is: postmaster@ and abuse@ reach them. */
  findAdministrators(domain: DomainName): Promise<readonly Mailbox[]>;

  addAgency(agency: NewAgency): Promise<Change<Agency>>;
  /** `code`: of an agency; what is absent stays as it is. */
  changeAgency(code: string, changes: AgencyChanges): Promise<Change<Agency>>;
  listAgencies(): Promise<Agency[]>;
  addUser(user: NewUser): Promise<Change<UserWithPassword>>;
  /** `address`: of a user; what is absent stays as it is. */
  changeUser(address: string, changes: UserChanges): Promise<Change<User>>;
  findUser(address: string): Promise<User | null>;
  listUsers(filter: { agency: string | null }): Promise<User[]>;
  /** A new random password, which is not kept in readable form. */
  resetPassword(address: string): Promise<Change<UserWithPassword>>;

  /** A random secret for a program that uses the API; shown once, kept as a hash. */
  addToken(token: NewToken): Promise<Change<TokenWithSecret>>;
  listTokens(): Promise<Token[]>;
  removeToken(name: string): Promise<Change<Token>>;
  /** Null: there is none with this secret, or its time is over. */
  findToken(secret: string): Promise<Token | null>;
}

export interface AgencyChanges {
  readonly name?: string;
  readonly quotaBytes?: number | null;
  /** Added to those that it has. */
  readonly addDomains?: readonly string[];
}

export interface UserChanges {
  readonly name?: string;
  readonly grade?: string;
  readonly quotaBytes?: number | null;
  readonly active?: boolean;
  readonly administrator?: boolean;
}

/** read: everything but secrets and changes. metrics: `GET /metrics` alone. operator: everything. */
export const TOKEN_RIGHTS = ['operator', 'read', 'metrics'] as const;
export type TokenRight = (typeof TOKEN_RIGHTS)[number];

export interface NewToken {
  /** "console", "prometheus": unique, for people. */
  readonly name: string;
  readonly right: TokenRight;
  /** Null: it does not end. */
  readonly expiresAt: number | null;
}

export interface Token extends NewToken {
  readonly createdAt: number;
}

export interface TokenWithSecret {
  readonly token: Token;
  /** Shown once, never stored. */
  readonly secret: string;
}

/** What a change came to; `problem` is one line that names the key, the value and the cure. */
export type Change<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'refused'; readonly problem: string };

export interface Mailbox {
  readonly userId: UserId;
  readonly agencyId: AgencyId;
  readonly address: Address;
  readonly active: boolean;
}

export interface NewAgency {
  /** Short code: "moh". */
  readonly code: string;
  readonly name: string;
  /** At least one; the first is the agency's main one. */
  readonly domains: readonly string[];
  readonly gradeScheme: GradeScheme;
  /** The size of each of its mailboxes; null or absent: by grade. */
  readonly quotaBytes?: number | null;
}

export interface Agency extends NewAgency {
  readonly id: AgencyId;
  readonly domains: readonly DomainName[];
  readonly quotaBytes: number | null;
  readonly createdAt: number;
}

export interface NewUser {
  readonly address: string;
  readonly name: string;
  /** As people write it: "N29", "FA44", "JUSA C". */
  readonly grade: string;
  /** Overrides grade and agency; null: by grade. */
  readonly quotaBytes: number | null;
  /** Gets the mail to postmaster@ and abuse@ of the agency's domains; absent: no. */
  readonly administrator?: boolean;
}

export interface User extends Omit<NewUser, 'address'> {
  readonly id: UserId;
  readonly agencyId: AgencyId;
  readonly address: Address;
  /** In effect: the user's own, else the agency's, else the grade's. */
  readonly effectiveQuotaBytes: number;
  readonly active: boolean;
  readonly administrator: boolean;
  readonly createdAt: number;
}

export interface UserWithPassword {
  readonly user: User;
  /** Shown once, never stored. */
  readonly password: string;
}
