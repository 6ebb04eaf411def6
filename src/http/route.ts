/**
 * A route as data: what it needs, what it takes, what it answers. `app.ts` gives it to the web framework and `openapi.ts`
 * describes it, so no route knows either. What a handler gets has passed the schemas; what it throws is a bug and becomes
 * a bland 500, except Problem (400) and Away (503).
 */
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { Change } from '../directory/directory.ts';
import type { Right } from './authorize.ts';
import { check, type ObjectSchema } from './schema.ts';

export type Answer<Value = unknown> =
  | { readonly kind: 'done'; readonly value: Value }
  /** `detail` is one line for the person who asked. */
  | { readonly kind: 'problem'; readonly status: ProblemStatus; readonly detail: string };

export type ProblemStatus = 400 | 404 | 422 | 503;

/** What a good answer is: a JSON value, one JSON value a line as they come, or text. */
export type Good =
  | { readonly kind: 'json'; readonly status: 200 | 201; readonly schema: z.ZodType }
  | { readonly kind: 'lines'; readonly status: 200; readonly schema: z.ZodType }
  | { readonly kind: 'text'; readonly status: 200; readonly mediaType: string };

type ValueOf<Kind extends Good> = Kind extends { kind: 'json'; schema: infer Schema extends z.ZodType }
  ? z.infer<Schema>
  : Kind extends { kind: 'lines' }
    ? Readable
    : string;

interface RouteHead {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly right: Right;
  /** For the OpenAPI document. */
  readonly summary: string;
  /** Besides those that come from the framework, the check of the request and the right. */
  readonly problems: readonly ProblemStatus[];
  /** The largest body; absent: as large as any other. */
  readonly bodyBytes?: number;
  /** false: it only answers, though it is no GET. */
  readonly changes?: false;
}

export interface Route extends RouteHead {
  readonly url: string;
  /** Null: takes no body. */
  readonly body: ObjectSchema | null;
  readonly query: ObjectSchema;
  readonly good: Good;
  handle(request: RawRequest): Promise<Answer>;
}

export interface RawRequest {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  /** The caller's name, for the delivery log. */
  readonly by: string;
}

interface Definition<
  Url extends string,
  Query extends ObjectSchema,
  Body extends ObjectSchema,
  Kind extends Good,
> extends RouteHead {
  readonly url: Url;
  readonly query: Query;
  readonly body: Body | null;
  readonly good: Kind;
  handle(request: {
    readonly params: ParamsOf<Url>;
    readonly query: z.infer<Query>;
    readonly body: z.infer<Body>;
    readonly by: string;
  }): Promise<Answer<ValueOf<Kind>>>;
}

/** "/users/:address/password" → { address: string } */
type ParamsOf<Url extends string> = Url extends `${string}:${infer Name}/${infer Rest}`
  ? { readonly [K in Name]: string } & ParamsOf<`/${Rest}`>
  : Url extends `${string}:${infer Name}`
    ? { readonly [K in Name]: string }
    : unknown;

export function route<
  const Url extends string,
  Query extends ObjectSchema,
  Body extends ObjectSchema,
  Kind extends Good,
>(definition: Definition<Url, Query, Body, Kind>): Route {
  return {
    ...definition,
    async handle({ params, query: givenQuery, body: givenBody, by }) {
      const query = check(definition.query, givenQuery, 'query');
      if (query.kind === 'faulty') return wrong(query.detail);
      const body = definition.body ? check(definition.body, givenBody, 'body') : null;
      if (body?.kind === 'faulty') return wrong(body.detail);
      return definition.handle({
        // The framework makes them from the same URL as the type.
        params: params as ParamsOf<Url>,
        query: query.value,
        // Without a schema the type says nothing, and no handler reads it.
        body: body?.value as z.infer<Body>,
        by,
      });
    },
  };
}

export function json<Schema extends z.ZodType>(schema: Schema, status: 200 | 201 = 200) {
  return { kind: 'json', status, schema } as const;
}

export const done = <const Value>(value: Value): Answer<Value> => ({ kind: 'done', value });
/** What the directory made of a change. */
export function answerOf<Value>(change: Change<Value>): Answer<Value> {
  return change.kind === 'done' ? done(change.value) : refused(change.problem);
}
export const wrong = (detail: string) => ({ kind: 'problem', status: 400, detail }) as const;
export const notFound = (detail: string) => ({ kind: 'problem', status: 404, detail }) as const;
export const refused = (detail: string) => ({ kind: 'problem', status: 422, detail }) as const;
export const unavailable = (detail: string) => ({ kind: 'problem', status: 503, detail }) as const;
