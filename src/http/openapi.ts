/**
 * The OpenAPI 3.1 document, made from the routes themselves: what is described is what is checked. The document tells
 * anybody how to call, and nothing about mail or people.
 */
import { z } from 'zod';
import { JSON_LINES_TYPE } from './app.ts';
import { PROBLEM_TYPE } from './problems.ts';
import { PROBLEM } from './resources.ts';
import type { Good, Route } from './route.ts';

type Json = Record<string, unknown>;

/** Schemas by name, as they are met. */
type Components = Record<string, unknown>;

export function openApiDocument(routes: readonly Route[], version: string): { openapi: string } & Json {
  const schemas: Components = {};
  const problemSchema = schemaOf(PROBLEM, schemas);
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = route.url.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, schemas) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Geganti',
      version,
      description:
        'Over the Unix socket every caller is an operator; over TCP a token says what its bearer may do: ' +
        'metrics, read (with metrics), or operator (everything). Moments are milliseconds since 1970 UTC.',
    },
    paths,
    components: {
      schemas,
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      responses: {
        Problem: {
          description: 'RFC 9457: what is wrong, in one line',
          content: { [PROBLEM_TYPE]: { schema: problemSchema } },
        },
      },
    },
  };
}

function operationOf(route: Route, schemas: Components): Json {
  const { url, right, summary, body, good } = route;
  const tag = url.split('/')[1] ?? '';
  return {
    operationId: `${route.method.toLowerCase()}${url.replace(/\W+(\w)/g, (_, letter: string) => letter.toUpperCase())}`,
    summary,
    tags: [tag],
    security: right === 'anyone' ? [] : [{ token: [right] }],
    parameters: [...pathParameters(url), ...queryParameters(route, schemas)],
    ...(body && {
      requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body, schemas) } } },
    }),
    responses: {
      [good.status]: { description: 'what was asked for', content: contentOf(good, schemas) },
      ...Object.fromEntries(
        problemsOf(route).map((status) => [status, { $ref: '#/components/responses/Problem' }]),
      ),
    },
  };
}

function contentOf(good: Good, schemas: Components): Json {
  switch (good.kind) {
    case 'json':
      return { 'application/json': { schema: schemaOf(good.schema, schemas) } };
    case 'lines':
      // One JSON value a line; 3.1 has no word for that but the schema of a line.
      return { [JSON_LINES_TYPE]: { schema: schemaOf(good.schema, schemas) } };
    case 'text':
      return { 'text/plain': { schema: { type: 'string' } } };
    default:
      return good satisfies never;
  }
}

function problemsOf({ right, body, problems }: Route): number[] {
  const always = right === 'anyone' ? [400, 421, 429, 500] : [400, 401, 403, 421, 429, 500];
  return [...new Set([...always, ...(body ? [413, 415] : []), ...problems])].sort((a, b) => a - b);
}

function pathParameters(url: string): Json[] {
  return [...url.matchAll(/:(\w+)/g)].map(([, name]) => {
    return { name, in: 'path', required: true, schema: { type: 'string' } };
  });
}

function queryParameters({ query }: Route, schemas: Components): Json[] {
  const { properties = {}, required = [] } = schemaOf(query, schemas);
  return Object.entries(properties).map(([name, schema]) => {
    // What has a default is always there after the check, but need not be given.
    const hasDefault = typeof schema === 'object' && 'default' in schema;
    return { name, in: 'query', required: required.includes(name) && !hasDefault, schema };
  });
}

/** Named schemas move into `schemas`; the rest stays in place. */
function schemaOf(schema: z.ZodType, schemas: Components) {
  const made = z.toJSONSchema(schema, {
    override: ({ jsonSchema }) => {
      // From `.readonly()`, which is about TypeScript; in OpenAPI it would mean "not in requests".
      delete jsonSchema.readOnly;
    },
  });
  const moved: typeof made = JSON.parse(
    JSON.stringify(made).replaceAll('"#/$defs/', '"#/components/schemas/'),
  );
  const { $schema: _, $defs = {}, ...rest } = moved;
  Object.assign(schemas, $defs);
  return rest;
}
