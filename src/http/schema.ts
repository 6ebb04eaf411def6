/**
 * Checks what comes in against a schema, and says what is wrong in one line that names the parameter, its value and
 * the cure. No request carries a secret in its query or body, so the value may be shown.
 */
import type { z } from 'zod';
import { nearest } from '../lib/nearest.ts';

export type ObjectSchema = z.ZodObject;

export type Checked<T> =
  | { readonly kind: 'checked'; readonly value: T }
  | { readonly kind: 'faulty'; readonly detail: string };

/** `part` names the whole when no single parameter is at fault: "query", "body". */
export function check<Schema extends ObjectSchema>(
  schema: Schema,
  given: unknown,
  part: string,
): Checked<z.infer<Schema>> {
  const result = schema.safeParse(given);
  if (result.success) return { kind: 'checked', value: result.data };
  const issue = result.error.issues[0];
  return { kind: 'faulty', detail: issue ? describe(issue, given, Object.keys(schema.shape), part) : part };
}

function describe(issue: z.core.$ZodIssue, given: unknown, known: readonly string[], part: string): string {
  if (issue.code === 'unrecognized_keys') return unknownKey(issue.keys[0] ?? '', known);
  const value = issue.path.reduce<unknown>((node, key) => Reflect.get(Object(node), key), given);
  const name = issue.path.length === 0 ? part : issue.path.join('.');
  if (issue.code === 'custom')
    return `${name}: ${issue.path.length > 0 ? `${show(value)} ` : ''}${issue.message}`;
  if (value === undefined) return `${name}: is missing; give ${wanted(issue)}`;
  return `${name}: ${show(value)} ${wrongWith(issue)}; give ${wanted(issue)}`;
}

function unknownKey(key: string, known: readonly string[]): string {
  const close = nearest(key, known, Math.max(2, Math.floor(key.length / 2)));
  if (known.length === 0) return `${key}: is not known here; leave it out`;
  return `${key}: is not known here; ${close === null ? `there are ${known.join(', ')}` : `the nearest is ${close}`}`;
}

function wrongWith(issue: z.core.$ZodIssue): string {
  const counted = 'origin' in issue && issue.origin !== 'number' && issue.origin !== 'int';
  if (issue.code === 'too_small') return counted ? 'is too short' : 'is too small';
  if (issue.code === 'too_big') return counted ? 'is too long' : 'is too large';
  return 'will not do';
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};
const UNITS: Readonly<Record<string, string>> = { string: ' characters', array: ' of them' };

function wanted(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'too_small':
      return `at least ${issue.minimum}${UNITS[issue.origin] ?? ''}`;
    case 'too_big':
      return `at most ${issue.maximum}${UNITS[issue.origin] ?? ''}`;
    case 'invalid_value':
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.join(', ')}`;
    case 'invalid_type':
      return TYPES[issue.expected] ?? issue.expected;
    default:
      return 'another value';
  }
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
