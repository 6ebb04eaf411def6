/**
 * From the settings file and the environment to `Settings`. All problems are found in one go and reported in one
 * Problem, a line each: where, what was written, what to write. Nothing needs to be set.
 */
import { networkInterfaces } from 'node:os';
import { relative } from 'node:path';
import { isRecord } from '../lib/fields.ts';
import { Problem } from '../lib/problem.ts';
import { buildSettings, crossCheck, type Machine } from './build.ts';
import type { Environment } from './env.ts';
import { type Overrides, readOverrides } from './overrides.ts';
import { checkTree, type Fault, settingPaths } from './schema.ts';
import type { Settings } from './settings.ts';
import { readYamlFile } from './yaml-file.ts';

export interface Sources {
  /** Null: only defaults and the environment. */
  readonly file: string | null;
  readonly env: Environment;
  /** Root keeps data in /var/lib/geganti, others in `var` of the project. */
  readonly isRoot: boolean;
  readonly projectFolder: string;
  /** The machine's own name, for the default of `hostname`. */
  readonly hostname: string;
  /** Whether the machine has ::1; found out when absent. */
  readonly hasIpv6?: boolean;
}

/** Throws a Problem, and nothing else, for whatever is wrong with file or environment. */
export function loadSettings(sources: Sources): Settings {
  const label = sources.file === null ? 'settings' : labelOf(sources.file, sources.projectFolder);
  const overrides = readOverrides(sources.env);
  const tree = sources.file === null ? {} : withoutEmpty(readYamlFile(sources.file, label), '');
  for (const [path, { text }] of overrides.values) setPath(tree, path.split('.'), text);

  const machine = { ...sources, hasIpv6: sources.hasIpv6 ?? machineHasIpv6() };
  const { settings, faults } = check(tree, machine);
  const problems = [...faults.map((fault) => lineOf(fault, label, overrides)), ...overrides.problems];
  if (settings === null || problems.length > 0) throw new Problem(problems.join('\n'));
  return settings;
}

function check(
  tree: Record<string, unknown>,
  machine: Machine,
): { settings: Settings | null; faults: Fault[] } {
  const result = checkTree(tree);
  if (result.kind === 'faulty') return { settings: null, faults: result.faults };
  const settings = buildSettings(result.file, machine);
  return { settings, faults: crossCheck(result.file, settings) };
}

function lineOf({ path, text }: Fault, label: string, overrides: Overrides): string {
  const override = overrides.values.get(path);
  return override ? `${override.variable}: ${text}` : `${label}: ${path}: ${text}`;
}

function labelOf(file: string, projectFolder: string): string {
  const inside = relative(projectFolder, file);
  return inside.startsWith('..') ? file : inside;
}

/** A key without a value keeps its default, so that a heading may stand over comments only. */
function withoutEmpty(tree: Record<string, unknown>, prefix: string): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(tree)) {
    if (value === null || value === undefined) continue;
    const path = prefix + key;
    kept[key] = isRecord(value) && !settingPaths.includes(path) ? withoutEmpty(value, `${path}.`) : value;
  }
  return kept;
}

function setPath(tree: Record<string, unknown>, path: readonly string[], value: string): void {
  const [key, ...rest] = path;
  if (key === undefined) return;
  if (rest.length === 0) {
    tree[key] = value;
    return;
  }
  const branch = tree[key] ?? {};
  tree[key] = branch;
  // Where the file has a value in place of a group, that is reported and the variable is of no account.
  if (isRecord(branch)) setPath(branch, rest, value);
}

function machineHasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((found) => found?.some(({ address }) => address === '::1'));
}
