/** How the server is, in full for operators and in one word for whatever restarts it or sends clients to it. */
import { NO_QUERY } from '../queries.ts';
import { LIVE, READY } from '../resources.ts';
import { done, json, type Route, route, unavailable } from '../route.ts';
import { type Readiness, STATUS, type Status } from '../status.ts';

export function statusRoutes(status: () => Promise<Status>, ready: () => Promise<Readiness>): Route[] {
  return [
    route({
      method: 'GET',
      url: '/status',
      right: 'read',
      summary: 'Show how every part of the server is',
      query: NO_QUERY,
      body: null,
      good: json(STATUS),
      problems: [],
      handle: async () => done(await status()),
    }),
    route({
      method: 'GET',
      url: '/health/live',
      right: 'anyone',
      summary: 'Whether the process answers at all',
      query: NO_QUERY,
      body: null,
      good: json(LIVE),
      problems: [],
      handle: async () => done({ live: true }),
    }),
    route({
      method: 'GET',
      url: '/health/ready',
      right: 'anyone',
      summary: 'Whether the server takes mail; 503 with what is missing when it does not',
      query: NO_QUERY,
      body: null,
      good: json(READY),
      problems: [503],
      async handle() {
        const { missing } = await ready();
        return missing.length === 0 ? done({ ready: true }) : unavailable(`not ready: ${missing.join(', ')}`);
      },
    }),
  ];
}
