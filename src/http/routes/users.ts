/** Users: listed, added, given a new password. A password is in the answer that made it, and nowhere else. */
import type { Directory } from '../../directory/directory.ts';
import type { UserList } from '../resources.ts';
import { created, notFound, ok, type Route, refused, route } from '../route.ts';
import { NOTHING, QUOTA } from '../schema.ts';

export function userRoutes(
  directory: Pick<Directory, 'addUser' | 'listAgencies' | 'listUsers' | 'resetPassword'>,
): Route[] {
  return [
    route({
      method: 'GET',
      url: '/users',
      right: 'operator',
      body: null,
      query: {
        type: 'object',
        additionalProperties: false,
        required: [],
        properties: { agency: { type: 'string', minLength: 1, maxLength: 64 } },
      },
      async handle({ query }) {
        const agency = query.agency ?? null;
        const users = await directory.listUsers({ agency });
        if (agency !== null && users.length === 0) {
          const agencies = await directory.listAgencies();
          if (!agencies.some(({ code }) => code === agency)) {
            return notFound(`there is no agency "${agency}"; see "geganti agency list"`);
          }
        }
        return ok({ users } satisfies UserList);
      },
    }),
    route({
      method: 'POST',
      url: '/users',
      right: 'operator',
      body: {
        type: 'object',
        additionalProperties: false,
        required: ['address', 'name', 'grade'],
        properties: {
          address: { type: 'string', maxLength: 320 },
          name: { type: 'string', maxLength: 200 },
          grade: { type: 'string', maxLength: 64 },
          quotaBytes: QUOTA,
        },
      },
      query: NOTHING,
      async handle({ body }) {
        const change = await directory.addUser(body);
        return change.kind === 'done' ? created(change.value) : refused(change.problem);
      },
    }),
    route({
      method: 'POST',
      url: '/users/:address/password',
      right: 'operator',
      body: null,
      query: NOTHING,
      async handle({ params }) {
        const change = await directory.resetPassword(params.address);
        return change.kind === 'done' ? ok(change.value) : refused(change.problem);
      },
    }),
  ];
}
