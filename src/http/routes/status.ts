/** How the server is, in full for operators and in one word for whatever restarts it. */
import { ok, type Route, route } from '../route.ts';
import { NOTHING } from '../schema.ts';
import type { Status } from '../status.ts';

export function statusRoutes(status: () => Promise<Status>): Route[] {
  return [
    route({
      method: 'GET',
      url: '/status',
      right: 'operator',
      body: null,
      query: NOTHING,
      handle: async () => ok(await status()),
    }),
    // That the process answers at all; whether its parts are well is /status.
    route({
      method: 'GET',
      url: '/health/live',
      right: 'anyone',
      body: null,
      query: NOTHING,
      handle: async () => ok({ live: true }),
    }),
  ];
}
