/** Agencies: listed, shown, added, changed. What may be is for the directory to say; its refusal is passed on as it is. */
import type { Directory } from '../../directory/directory.ts';
import { noAgency } from '../agency-codes.ts';
import { NO_QUERY } from '../queries.ts';
import { AGENCY, AGENCY_CHANGES, AGENCY_LIST, NEW_AGENCY } from '../resources.ts';
import { answerOf, done, json, type Route, route } from '../route.ts';

export type AgencyDirectory = Pick<Directory, 'addAgency' | 'changeAgency' | 'listAgencies'>;

export function agencyRoutes(directory: AgencyDirectory): Route[] {
  const find = async (code: string) =>
    (await directory.listAgencies()).find((agency) => agency.code === code);
  return [
    route({
      method: 'GET',
      url: '/agencies',
      right: 'read',
      summary: 'List the agencies',
      query: NO_QUERY,
      body: null,
      good: json(AGENCY_LIST),
      problems: [],
      handle: async () => done({ agencies: await directory.listAgencies() }),
    }),
    route({
      method: 'POST',
      url: '/agencies',
      right: 'operator',
      summary: 'Add an agency with its mail domains',
      query: NO_QUERY,
      body: NEW_AGENCY,
      good: json(AGENCY, 201),
      problems: [422],
      handle: async ({ body }) => answerOf(await directory.addAgency(body)),
    }),
    route({
      method: 'GET',
      url: '/agencies/:code',
      right: 'read',
      summary: 'Show an agency',
      query: NO_QUERY,
      body: null,
      good: json(AGENCY),
      problems: [404],
      async handle({ params: { code } }) {
        const agency = await find(code);
        return agency ? done(agency) : noAgency(code);
      },
    }),
    route({
      method: 'PATCH',
      url: '/agencies/:code',
      right: 'operator',
      summary: 'Change an agency, or add domains to it',
      query: NO_QUERY,
      body: AGENCY_CHANGES,
      good: json(AGENCY),
      problems: [404, 422],
      async handle({ params: { code }, body }) {
        if (!(await find(code))) return noAgency(code);
        return answerOf(await directory.changeAgency(code, body));
      },
    }),
  ];
}
