/**
 * Makes a program's settings from a template of `config/stack/`: `{{name}}` becomes its value. A name that the
 * template or the caller does not know is a bug and throws. Values come from people's settings, so each is checked
 * against everything that could end a string, a line or a block in any of the four languages.
 */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../lib/problem.ts';

/** Lines composed by us from checked values: a listener, a list. */
export interface Block {
  readonly lines: readonly string[];
}

export type Values = Readonly<Record<string, string | number | Block>>;

const templates = join(import.meta.dirname, '..', '..', 'config', 'stack');

export async function readTemplate(file: string): Promise<string> {
  return await readFile(join(templates, file), 'utf8');
}

export function render(template: string, values: Values): string {
  const unused = new Set(Object.keys(values));
  const text = template.replaceAll(/([^\n{}]*)\{\{(\w+)\}\}/g, (_match, before: string, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`template: nothing given for {{${name}}}`);
    unused.delete(name);
    if (typeof value !== 'object') return before + checked(name, String(value));
    const indent = /^ */.exec(before)?.[0] ?? '';
    return before + value.lines.join(`\n${indent}`);
  });
  if (unused.size > 0) throw new Error(`template: no place for ${[...unused].join(', ')}`);
  return text;
}

/** The value itself; a Problem when a program could read more into it than a value. */
export function checked(name: string, value: string): string {
  const bad = /[^\w./:@+,[\] -]/.exec(value);
  if (bad) {
    const what = JSON.stringify(bad[0]);
    throw new Problem(`${name}: "${value}" holds ${what}; use only letters, digits and . / : @ + , _ -`);
  }
  return value;
}

/** Readable for every service. */
const OPEN = 0o644;

/** Renders `config/stack/<file>` to `folder/<file>`, where `mode` says who may read it; its path. */
export async function renderTo(folder: string, file: string, values: Values, mode = OPEN): Promise<string> {
  const path = join(folder, file);
  const temporary = `${path}.new`;
  const text = render(await readTemplate(file), values);
  // One that was left behind would keep its rights.
  await rm(temporary, { force: true });
  await writeFile(temporary, text, { mode });
  await rename(temporary, path);
  return path;
}
