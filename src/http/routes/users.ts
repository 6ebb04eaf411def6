/** Users: listed, shown, added, changed, given a new password. A password is in the answer that made it, and nowhere else. */
import type {
  Change,
  Directory,
  User as DirectoryUser,
  UserWithPassword,
} from '../../directory/directory.ts';
import { type AgencyCodes, noAgency, readAgencyCodes } from '../agency-codes.ts';
import { NO_QUERY, USERS_QUERY } from '../queries.ts';
import { NEW_USER, USER, USER_CHANGES, USER_LIST, USER_WITH_PASSWORD, type User } from '../resources.ts';
import { done, json, notFound, type Route, refused, route } from '../route.ts';

export type UserDirectory = Pick<
  Directory,
  'addUser' | 'changeUser' | 'findUser' | 'listAgencies' | 'listUsers' | 'resetPassword'
>;

export function userRoutes(directory: UserDirectory): Route[] {
  return [...readRoutes(directory), ...changeRoutes(directory)];
}

function readRoutes(directory: UserDirectory): Route[] {
  return [
    route({
      method: 'GET',
      url: '/users',
      right: 'read',
      summary: 'List the users, of all agencies or of one',
      query: USERS_QUERY,
      body: null,
      good: json(USER_LIST),
      problems: [404],
      async handle({ query: { agency = null } }) {
        const codes = await readAgencyCodes(directory);
        if (agency !== null && codes.idOf(agency) === null) return noAgency(agency);
        const users = await directory.listUsers({ agency });
        return done({ users: users.map((user) => userOf(user, codes)) });
      },
    }),
    route({
      method: 'GET',
      url: '/users/:address',
      right: 'read',
      summary: 'Show a user',
      query: NO_QUERY,
      body: null,
      good: json(USER),
      problems: [404],
      async handle({ params: { address } }) {
        const user = await directory.findUser(address);
        return user ? done(userOf(user, await readAgencyCodes(directory))) : noUser(address);
      },
    }),
  ];
}

function changeRoutes(directory: UserDirectory): Route[] {
  async function withPassword(change: Change<UserWithPassword>) {
    if (change.kind === 'refused') return refused(change.problem);
    const { user, password } = change.value;
    return done({ user: userOf(user, await readAgencyCodes(directory)), password });
  }
  return [
    route({
      method: 'POST',
      url: '/users',
      right: 'operator',
      summary: 'Add a user with a mailbox; the answer holds the password',
      query: NO_QUERY,
      body: NEW_USER,
      good: json(USER_WITH_PASSWORD, 201),
      problems: [422],
      handle: async ({ body }) => withPassword(await directory.addUser({ quotaBytes: null, ...body })),
    }),
    route({
      method: 'PATCH',
      url: '/users/:address',
      right: 'operator',
      summary: 'Change a user',
      query: NO_QUERY,
      body: USER_CHANGES,
      good: json(USER),
      problems: [404, 422],
      async handle({ params: { address }, body }) {
        if (!(await directory.findUser(address))) return noUser(address);
        const change = await directory.changeUser(address, body);
        if (change.kind === 'refused') return refused(change.problem);
        return done(userOf(change.value, await readAgencyCodes(directory)));
      },
    }),
    route({
      method: 'POST',
      url: '/users/:address/password',
      right: 'operator',
      summary: 'Give a user a new password; the answer holds it',
      query: NO_QUERY,
      body: null,
      good: json(USER_WITH_PASSWORD),
      problems: [404, 422],
      async handle({ params: { address } }) {
        if (!(await directory.findUser(address))) return noUser(address);
        return withPassword(await directory.resetPassword(address));
      },
    }),
  ];
}

function userOf({ agencyId, ...user }: DirectoryUser, codes: AgencyCodes): User {
  return { ...user, agency: codes.codeOf(agencyId) };
}

function noUser(address: string) {
  return notFound(`there is no user ${address}; see "geganti user list"`);
}
