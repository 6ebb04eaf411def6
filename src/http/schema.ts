/**
 * The part of JSON schema that our routes use, and the TypeScript type that each schema stands for, so that a
 * handler's input has the type of what was really checked.
 */
export type Schema = TextSchema | NumberSchema | ListSchema;

export interface TextSchema {
  readonly type: 'string';
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly enum?: readonly string[];
}

export interface NumberSchema {
  readonly type: 'integer' | readonly ['integer', 'null'];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: number | null;
}

export interface ListSchema {
  readonly type: 'array';
  readonly items: TextSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
}

export interface ObjectSchema {
  readonly type: 'object';
  readonly additionalProperties: false;
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, Schema>>;
}

export const NOTHING = {
  type: 'object',
  additionalProperties: false,
  required: [],
  properties: {},
} as const satisfies ObjectSchema;

/** The size of a mailbox in octets; null: by the next wider rule. */
export const QUOTA = {
  type: ['integer', 'null'],
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
  default: null,
} as const satisfies NumberSchema;

type ValueOf<S> = S extends { readonly enum: readonly (infer Text)[] }
  ? Text
  : S extends { readonly type: 'string' }
    ? string
    : S extends { readonly type: 'integer' }
      ? number
      : S extends { readonly type: readonly ['integer', 'null'] }
        ? number | null
        : S extends { readonly items: infer Item }
          ? readonly ValueOf<Item>[]
          : never;

/** Properties that are there after the check: required ones and those with a default. */
type Present<S extends ObjectSchema> = {
  [K in keyof S['properties']]: K extends S['required'][number]
    ? K
    : S['properties'][K] extends { readonly default: unknown }
      ? K
      : never;
}[keyof S['properties']];

export type ObjectOf<S extends ObjectSchema> = {
  readonly [K in Present<S>]: ValueOf<S['properties'][K]>;
} & {
  readonly [K in Exclude<keyof S['properties'], Present<S>>]?: ValueOf<S['properties'][K]>;
};
