/** A directory in memory, which says little and always the same. */
import type { Agency, Token, User } from '../../src/directory/directory.ts';
import type { ApiDeps } from '../../src/http/api.ts';
import { parseAddress, parseDomain } from '../../src/mail/address.ts';
import type { AgencyId, UserId } from '../../src/mail/envelope.ts';

export const AGENCY_ID = 'agency-1' as AgencyId;

/** The secret of a token is its name with this before it. */
export const SECRET = 'gt-';

export function smallDirectory(now: number): ApiDeps['directory'] {
  const agencies: Agency[] = [];
  return { ...agencyPart(agencies, now), ...userPart(now), ...tokenPart(now) };
}

function agencyPart(agencies: Agency[], now: number) {
  return {
    async addAgency(agency) {
      if (agencies.some(({ code }) => code === agency.code)) {
        return { kind: 'refused', problem: `agency code "${agency.code}" is taken; choose another` };
      }
      const { code, name, gradeScheme, quotaBytes = null } = agency;
      const domains = agency.domains.flatMap((text) => parseDomain(text) ?? []);
      const value = { id: AGENCY_ID, code, name, domains, gradeScheme, quotaBytes, createdAt: now };
      agencies.push(value);
      return { kind: 'done', value };
    },
    async changeAgency(code, { addDomains = [], ...changes }) {
      const at = agencies.findIndex((agency) => agency.code === code);
      const agency = agencies[at];
      if (!agency) return { kind: 'refused', problem: `there is no agency "${code}"` };
      const domains = [...agency.domains, ...addDomains.flatMap((text) => parseDomain(text) ?? [])];
      const value = { ...agency, ...changes, domains };
      agencies[at] = value;
      return { kind: 'done', value };
    },
    listAgencies: async () => agencies,
  } satisfies Partial<ApiDeps['directory']>;
}

function userPart(now: number) {
  const users: User[] = [];
  const find = (address: string) => users.find((user) => user.address === address) ?? null;
  return {
    async addUser({ administrator = false, ...user }) {
      const address = parseAddress(user.address);
      if (!address) {
        return { kind: 'refused', problem: `"${user.address}" is not an address; write name@domain` };
      }
      const id = `user-${users.length}` as UserId;
      const effectiveQuotaBytes = user.quotaBytes ?? 500 * 1024 * 1024;
      const rest = { id, agencyId: AGENCY_ID, effectiveQuotaBytes, active: true, administrator };
      const value = { ...user, address, ...rest, createdAt: now };
      users.push(value);
      return { kind: 'done', value: { user: value, password: 'correct-horse' } };
    },
    async changeUser(address, changes) {
      const user = find(address);
      if (!user) return { kind: 'refused', problem: `there is no user ${address}` };
      const value = { ...user, ...changes };
      users[users.indexOf(user)] = value;
      return { kind: 'done', value };
    },
    findUser: async (address) => find(address),
    listUsers: async () => users,
    async resetPassword(address) {
      const user = find(address);
      if (!user) return { kind: 'refused', problem: `there is no user ${address}` };
      return { kind: 'done', value: { user, password: 'battery-staple' } };
    },
  } satisfies Partial<ApiDeps['directory']>;
}

function tokenPart(now: number) {
  const tokens: Token[] = [];
  return {
    async addToken(token) {
      if (tokens.some(({ name }) => name === token.name)) {
        return { kind: 'refused', problem: `token name "${token.name}" is taken; choose another` };
      }
      const value = { ...token, createdAt: now };
      tokens.push(value);
      return { kind: 'done', value: { token: value, secret: `${SECRET}${token.name}` } };
    },
    listTokens: async () => tokens,
    async removeToken(name) {
      const [value] = tokens.splice(
        tokens.findIndex((token) => token.name === name),
        1,
      );
      return value ? { kind: 'done', value } : { kind: 'refused', problem: `there is no token "${name}"` };
    },
    findToken: async (secret) => tokens.find(({ name }) => secret === `${SECRET}${name}`) ?? null,
  } satisfies Partial<ApiDeps['directory']>;
}
