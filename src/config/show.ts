/**
 * What `geganti config check` and `geganti config show` tell: every key with its value as people write it and where it
 * comes from. Passwords are shown as `***`.
 */
import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../lib/fields.ts';
import { Problem } from '../lib/problem.ts';
import { settingLeaves, valueAt } from './keys.ts';
import { isReloadable } from './live.ts';
import { type Reading, readSources, type Sources } from './load.ts';
import { checkTree, settingDefaults } from './schema.ts';
import { withoutSecrets } from './secrets.ts';

export interface ShownSetting {
  /** "limits.message". */
  readonly key: string;
  /** As it is written in the file, on one line; null: not set. */
  readonly value: string | null;
  /** "default", "config/geganti.yaml:12", or the variable's name. */
  readonly from: string;
  /** Whether it is another value than the default. */
  readonly changed: boolean;
  /** Whether a change takes effect by a reload, or at the next start. */
  readonly reload: boolean;
}

/** `problems` empty: file and environment can be used. `file` null: there is none, all values are defaults. */
export interface CheckedSettings {
  readonly file: string | null;
  readonly problems: readonly string[];
}

export function checkSettings(sources: Sources): CheckedSettings {
  const { file } = sources;
  try {
    readSources(sources);
    return { file, problems: [] };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { file, problems: error.message.split('\n') };
  }
}

/** In the order of the file. Throws a Problem when something is wrong with file or environment. */
export function explainSettings(sources: Sources): ShownSetting[] {
  const reading = readSources(sources);
  const defaults = checkTree({});
  const used = new Map(settingLeaves(reading.settings).map(({ key, value }) => [key, value]));
  return [...settingDefaults].map(([key, fallback]) => {
    const path = key.split('.');
    const given = valueAt(reading.tree, path);
    const effective = given ?? fallback ?? used.get(key);
    const usual = defaults.kind === 'checked' ? valueAt(defaults.file, path) : undefined;
    return {
      key,
      value: written(effective),
      from: given === undefined ? 'default' : originOf(key, reading),
      changed: !isDeepStrictEqual(valueAt(reading.file, path), usual),
      reload: isReloadable(key),
    };
  });
}

function originOf(key: string, { overrides, lines, label }: Reading): string {
  const override = overrides.values.get(key);
  if (override) return override.variable;
  const line = lines.get(key);
  return line === undefined ? label : `${label}:${line}`;
}

/** Null: not set. */
function written(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return `[${value.map(member).join(', ')}]`;
  if (!isRecord(value)) return withoutSecrets(String(value));
  // Made from `data`: a place of a service. A database file, or that of a list.
  if (value.kind === 'unix') return String(value.path);
  if (typeof value.file === 'string') return value.file;
  const rows = Object.entries(value).map(([name, text]) => `${name}: ${member(text)}`);
  return `{ ${rows.join(', ')} }`;
}

/** Of a list: in quotes where YAML would read something else. */
function member(value: unknown): string {
  const text = String(value);
  return /^[\w./ %-]+$/.test(text) ? text : JSON.stringify(text);
}
