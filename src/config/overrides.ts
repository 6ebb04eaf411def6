/**
 * Environment variables over the settings file: `GEGANTI_` and the path in upper case, words and steps joined by
 * `_`: `limits.messagesPerSession` is `GEGANTI_LIMITS_MESSAGES_PER_SESSION`. An empty variable counts as not set.
 */

import { nearest } from '../lib/nearest.ts';
import type { Environment } from './env.ts';
import { settingPaths } from './schema.ts';

export interface Overrides {
  /** Dotted path → the variable that sets it, and its text. */
  readonly values: ReadonlyMap<string, { readonly variable: string; readonly text: string }>;
  /** One line for each variable that is not known. */
  readonly problems: readonly string[];
}

/** Read elsewhere: it stops the program at a named line, for the crash tests. */
const NOT_SETTINGS: readonly string[] = ['GEGANTI_CRASH_AT'];

const PATHS: ReadonlyMap<string, string> = new Map(settingPaths.map((path) => [variableOf(path), path]));

export function variableOf(path: string): string {
  return `GEGANTI_${path
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[.-]/g, '_')
    .toUpperCase()}`;
}

export function readOverrides(env: Environment): Overrides {
  const values = new Map<string, { variable: string; text: string }>();
  const problems: string[] = [];
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith('GEGANTI_') || NOT_SETTINGS.includes(variable)) continue;
    const path = PATHS.get(variable);
    if (path === undefined) {
      const near = nearest(variable, PATHS.keys(), Number.POSITIVE_INFINITY);
      problems.push(`${variable}: is not a setting; the nearest one is ${near}`);
    } else if (text !== undefined && text.trim() !== '') {
      values.set(path, { variable, text: text.trim() });
    }
  }
  return { values, problems };
}
