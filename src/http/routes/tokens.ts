/** Tokens of programs that use the API over TCP. A secret is in the answer that made it, and nowhere else. */
import type { Directory } from '../../directory/directory.ts';
import { NO_QUERY } from '../queries.ts';
import { NEW_TOKEN, TOKEN, TOKEN_LIST, TOKEN_WITH_SECRET } from '../resources.ts';
import { answerOf, done, json, notFound, type Route, route } from '../route.ts';

export type TokenDirectory = Pick<Directory, 'addToken' | 'listTokens' | 'removeToken'>;

export function tokenRoutes(directory: TokenDirectory): Route[] {
  return [
    route({
      method: 'GET',
      url: '/tokens',
      right: 'read',
      summary: 'List the tokens, without their secrets',
      query: NO_QUERY,
      body: null,
      good: json(TOKEN_LIST),
      problems: [],
      handle: async () => done({ tokens: await directory.listTokens() }),
    }),
    route({
      method: 'POST',
      url: '/tokens',
      right: 'operator',
      summary: 'Make a token; the answer holds its secret',
      query: NO_QUERY,
      body: NEW_TOKEN,
      good: json(TOKEN_WITH_SECRET, 201),
      problems: [422],
      handle: async ({ body }) => answerOf(await directory.addToken({ expiresAt: null, ...body })),
    }),
    route({
      method: 'DELETE',
      url: '/tokens/:name',
      right: 'operator',
      summary: 'Remove a token; from now on nobody comes in with it',
      query: NO_QUERY,
      body: null,
      good: json(TOKEN),
      problems: [404, 422],
      async handle({ params: { name } }) {
        const tokens = await directory.listTokens();
        if (!tokens.some((token) => token.name === name)) {
          return notFound(`there is no token "${name}"; see "geganti token list"`);
        }
        return answerOf(await directory.removeToken(name));
      },
    }),
  ];
}
