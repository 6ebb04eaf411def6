/**
 * A route as data: what it needs, what it takes, what it answers. `app.ts` gives it to the web framework, so no route
 * knows that one. What comes in has passed the schemas; what a handler throws is a bug and becomes a bland 500.
 */
import type { Readable } from 'node:stream';
import type { Right } from './authorize.ts';
import type { ObjectOf, ObjectSchema } from './schema.ts';

export type Answer =
  | { readonly kind: 'ok'; readonly value: object }
  | { readonly kind: 'created'; readonly value: object }
  /** One JSON value a line, as they come. */
  | { readonly kind: 'lines'; readonly lines: Readable }
  /** `detail` is one line for the person who asked. */
  | { readonly kind: 'problem'; readonly status: 404 | 422; readonly detail: string };

export interface Route {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly right: Right;
  /** Null: takes no body. */
  readonly body: ObjectSchema | null;
  readonly query: ObjectSchema;
  handle(input: RawInput): Promise<Answer>;
}

/** Checked against the schemas of the route, but not typed yet. */
export interface RawInput {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

interface Definition<Url extends string, Body extends ObjectSchema, Query extends ObjectSchema> {
  readonly method: 'GET' | 'POST';
  readonly url: Url;
  readonly right: Right;
  readonly body: Body | null;
  readonly query: Query;
  handle(input: {
    readonly params: ParamsOf<Url>;
    readonly query: ObjectOf<Query>;
    readonly body: ObjectOf<Body>;
  }): Promise<Answer>;
}

/** "/users/:address/password" → { address: string } */
type ParamsOf<Url extends string> = Url extends `${string}:${infer Name}/${infer Rest}`
  ? { readonly [K in Name]: string } & ParamsOf<`/${Rest}`>
  : Url extends `${string}:${infer Name}`
    ? { readonly [K in Name]: string }
    : unknown;

export function route<
  const Url extends string,
  const Body extends ObjectSchema,
  const Query extends ObjectSchema,
>(definition: Definition<Url, Body, Query>): Route {
  return {
    ...definition,
    // The framework has checked each against the schema from which its type is made.
    handle: ({ params, query, body }) =>
      definition.handle({
        params: params as ParamsOf<Url>,
        query: query as ObjectOf<Query>,
        body: body as ObjectOf<Body>,
      }),
  };
}

export const ok = (value: object): Answer => ({ kind: 'ok', value });
export const created = (value: object): Answer => ({ kind: 'created', value });
export const notFound = (detail: string): Answer => ({ kind: 'problem', status: 404, detail });
export const refused = (detail: string): Answer => ({ kind: 'problem', status: 422, detail });
