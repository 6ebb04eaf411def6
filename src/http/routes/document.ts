/** The OpenAPI document of all routes, this one among them. */
import { z } from 'zod';
import { openApiDocument } from '../openapi.ts';
import { NO_QUERY } from '../queries.ts';
import { done, json, type Route, route } from '../route.ts';

const DOCUMENT = z.looseObject({ openapi: z.string() }).meta({ id: 'OpenApiDocument' });

export function documentRoute(others: readonly Route[], version: string): Route {
  const self: Route = route({
    method: 'GET',
    url: '/openapi.json',
    right: 'anyone',
    summary: 'This document',
    query: NO_QUERY,
    body: null,
    good: json(DOCUMENT),
    problems: [],
    handle: async () => done(document),
  });
  const document = openApiDocument([...others, self], version);
  return self;
}
