/**
 * What agencies and users, new or changed, must look like, before the database is asked. Pure. A problem is one line that names
 * the key, the value and the cure.
 */
import { formatSize } from '../lib/units.ts';
import {
  type Address,
  addressKey,
  type DomainName,
  domainOf,
  localPart,
  parseAddress,
  parseDomain,
} from '../mail/address.ts';
import type { AgencyChanges, NewAgency, NewUser, UserChanges } from './directory.ts';
import { GRADE_SCHEMES } from './grades.ts';

export type Checked<T> =
  | { readonly kind: 'valid'; readonly value: T }
  | { readonly kind: 'refused'; readonly problem: string };

export interface ValidAgency extends NewAgency {
  readonly domains: readonly DomainName[];
  readonly quotaBytes: number | null;
}

export interface ValidUser extends NewUser {
  /** In the form of `addressKey`. */
  readonly address: Address;
}

export interface ValidAgencyChanges extends AgencyChanges {
  readonly addDomains: readonly DomainName[];
}

const MIN_QUOTA = 1024 ** 2;
const MAX_QUOTA = 1024 ** 4;
const MAX_NAME = 200;

export function checkAgency(agency: NewAgency): Checked<ValidAgency> {
  const { code, gradeScheme, quotaBytes = null } = agency;
  if (!isCode(code)) {
    return refused(`code ${show(code)} must have 2 to 32 of a-z, 0-9 and hyphen; write it like "moh"`);
  }
  const name = agency.name.trim();
  const problem = nameProblem(name) ?? quotaProblem(quotaBytes);
  if (problem !== null) return refused(problem);
  if (!GRADE_SCHEMES.includes(gradeScheme)) {
    return refused(`gradeScheme ${show(gradeScheme)} is not known; write one of ${GRADE_SCHEMES.join(', ')}`);
  }
  if (agency.domains.length === 0) return refused('domains is empty; give at least one, like "moh.example"');
  const domains = checkDomains(agency.domains);
  if (domains.kind === 'refused') return domains;
  return { kind: 'valid', value: { code, name, domains: domains.value, gradeScheme, quotaBytes } };
}

export function checkAgencyChanges(changes: AgencyChanges): Checked<ValidAgencyChanges> {
  const named = checkNameAndQuota(changes);
  if (named.kind === 'refused') return named;
  const domains = checkDomains(changes.addDomains ?? []);
  if (domains.kind === 'refused') return domains;
  return { kind: 'valid', value: { ...named.value, addDomains: domains.value } };
}

export function checkUserChanges(changes: UserChanges): Checked<UserChanges> {
  return checkNameAndQuota(changes);
}

/** Whether an agency can have this code. */
export function isCode(text: string): boolean {
  return /^[a-z0-9-]{2,32}$/.test(text);
}

function checkDomains(texts: readonly string[]): Checked<readonly DomainName[]> {
  const domains: DomainName[] = [];
  for (const text of texts) {
    const domain = parseDomain(text.trim());
    if (!domain) return refused(`domain ${show(text)} is not a mail domain; write it like "moh.example"`);
    if (domains.includes(domain)) return refused(`domain ${show(text)} is given twice; write it once`);
    domains.push(domain);
  }
  return { kind: 'valid', value: domains };
}

/** What is absent is not checked and stays absent. */
function checkNameAndQuota<Changes extends { readonly name?: string; readonly quotaBytes?: number | null }>(
  changes: Changes,
): Checked<Changes> {
  const name = changes.name?.trim();
  const problem = (name === undefined ? null : nameProblem(name)) ?? quotaProblem(changes.quotaBytes ?? null);
  if (problem !== null) return refused(problem);
  return { kind: 'valid', value: name === undefined ? changes : { ...changes, name } };
}

export function checkUser(user: NewUser): Checked<ValidUser> {
  const text = user.address.trim();
  if (!text.includes('@')) {
    return refused(`address ${show(text)} has no domain; write it like "ali@moh.example"`);
  }
  const address = parseAddress(text);
  if (!address)
    return refused(`address ${show(text)} is not a mail address; write it like "ali@moh.example"`);
  // Narrower than RFC 5321: "+" would be a detail, and the rest is what every mailbox server takes as a login.
  if (!/^[a-z0-9._-]+$/i.test(localPart(address))) {
    return refused(`address ${show(text)} may have letters, digits, ".", "_" and "-" before the "@" only`);
  }
  const name = user.name.trim();
  const problem = nameProblem(name) ?? quotaProblem(user.quotaBytes);
  if (problem !== null) return refused(problem);
  return { kind: 'valid', value: { ...user, address: addressKey(address), name } };
}

export function domainProblem(address: Address): string {
  return `address ${show(address)}: the domain ${domainOf(address)} belongs to no agency; add it to one first`;
}

export function refused(problem: string): { readonly kind: 'refused'; readonly problem: string } {
  return { kind: 'refused', problem };
}

/** Quoted, cut, and without control characters: it ends up in terminals. */
export function show(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 79)}…` : value);
}

function nameProblem(name: string): string | null {
  if (name === '') return 'name is empty; write the full name';
  if (name.length > MAX_NAME) return `name ${show(name)} is too long; write at most ${MAX_NAME} characters`;
  // \p{Cs}: half a character, which no database keeps.
  return /[\p{Cc}\p{Cs}]/u.test(name)
    ? `name ${show(name)} has control characters; write it on one line`
    : null;
}

function quotaProblem(quotaBytes: number | null): string | null {
  if (quotaBytes === null) return null;
  if (Number.isSafeInteger(quotaBytes) && quotaBytes >= MIN_QUOTA && quotaBytes <= MAX_QUOTA) return null;
  return `quota ${quotaBytes} is no size of a mailbox; write one from ${formatSize(MIN_QUOTA)} to ${formatSize(MAX_QUOTA)}`;
}
