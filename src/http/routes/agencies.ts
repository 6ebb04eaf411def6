/** Agencies: listed and added. What may be added is for the directory to say; its refusal is passed on as it is. */
import type { Directory } from '../../directory/directory.ts';
import type { AgencyList } from '../resources.ts';
import { created, ok, type Route, refused, route } from '../route.ts';
import { NOTHING, QUOTA } from '../schema.ts';

export function agencyRoutes(directory: Pick<Directory, 'addAgency' | 'listAgencies'>): Route[] {
  return [
    route({
      method: 'GET',
      url: '/agencies',
      right: 'operator',
      body: null,
      query: NOTHING,
      handle: async () => ok({ agencies: await directory.listAgencies() } satisfies AgencyList),
    }),
    route({
      method: 'POST',
      url: '/agencies',
      right: 'operator',
      body: {
        type: 'object',
        additionalProperties: false,
        required: ['code', 'name', 'domains', 'gradeScheme'],
        properties: {
          code: { type: 'string', minLength: 1, maxLength: 64 },
          name: { type: 'string', minLength: 1, maxLength: 200 },
          domains: { type: 'array', items: { type: 'string', maxLength: 255 }, minItems: 1, maxItems: 100 },
          gradeScheme: { type: 'string', enum: ['classic', 'sspa'] },
          quotaBytes: QUOTA,
        },
      },
      query: NOTHING,
      async handle({ body }) {
        const change = await directory.addAgency(body);
        return change.kind === 'done' ? created(change.value) : refused(change.problem);
      },
    }),
  ];
}
