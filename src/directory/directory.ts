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

  addAgency(agency: NewAgency): Promise<Change<Agency>>;
  listAgencies(): Promise<Agency[]>;
  addUser(user: NewUser): Promise<Change<UserWithPassword>>;
  listUsers(filter: { agency: string | null }): Promise<User[]>;
  /** A new random password, which is not kept in readable form. */
  resetPassword(address: string): Promise<Change<UserWithPassword>>;
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
}

export interface User extends Omit<NewUser, 'address'> {
  readonly id: UserId;
  readonly agencyId: AgencyId;
  readonly address: Address;
  /** In effect: the user's own, else the agency's, else the grade's. */
  readonly effectiveQuotaBytes: number;
  readonly active: boolean;
  readonly createdAt: number;
}

export interface UserWithPassword {
  readonly user: User;
  /** Shown once, never stored. */
  readonly password: string;
}
