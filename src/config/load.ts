/**
 * From the settings file, the list of storage hosts and the environment to `Settings`. All problems are found in one go
 * and reported in one Problem, a line each: where, what was written, what to write. Nothing needs to be set.
 */
import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { isRecord } from '../lib/fields.ts';
import { Problem } from '../lib/problem.ts';
import { buildSettings, crossCheck, type Machine } from './build.ts';
import type { Environment } from './env.ts';
import { type Overrides, readOverrides } from './overrides.ts';
import { checkTree, type Fault, type SettingsFile, settingPaths } from './schema.ts';
import type { ContentPolicySettings, Settings } from './settings.ts';
import { readStorageList } from './storage-list.ts';
import { readYamlFile } from './yaml-file.ts';

/** The list of storage hosts that comes with the program; one of that name beside the settings file goes before it. */
const STORAGE_LIST = 'external-storage.yaml';
const SHIPPED_STORAGE_LIST = join(import.meta.dirname, '../../config', STORAGE_LIST);

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

/** The settings, and what they were made from. */
export interface Reading {
  readonly settings: Settings;
  /** The values in the form of the file, defaults filled in. */
  readonly file: SettingsFile;
  /** What was written, in the file or in the environment. */
  readonly tree: Readonly<Record<string, unknown>>;
  /** How the file is called in problems. */
  readonly label: string;
  readonly overrides: Overrides;
  /** Lines of the file by dotted path. */
  readonly lines: ReadonlyMap<string, number>;
}

/** Throws a Problem, and nothing else, for whatever is wrong with file or environment. */
export function loadSettings(sources: Sources): Settings {
  return readSources(sources).settings;
}

/** Throws as `loadSettings`. */
export function readSources(sources: Sources): Reading {
  const label = sources.file === null ? 'settings' : labelOf(sources.file, sources.projectFolder);
  const overrides = readOverrides(sources.env);
  const yaml = sources.file === null ? { tree: {}, lines: new Map() } : readYamlFile(sources.file, label);
  const tree = withoutEmpty(yaml.tree, '');
  for (const [path, { text }] of overrides.values) setPath(tree, path.split('.'), text);

  const machine = { ...sources, hasIpv6: sources.hasIpv6 ?? machineHasIpv6() };
  const { checked, faults, storageProblems } = check(tree, machine);
  const problems = [
    ...faults.map((fault) => lineOf(fault, label, overrides)),
    ...overrides.problems,
    ...storageProblems,
  ];
  if (checked === null || problems.length > 0) throw new Problem(problems.join('\n'));
  return { ...checked, tree, label, overrides, lines: yaml.lines };
}

interface Checked {
  readonly checked: Pick<Reading, 'settings' | 'file'> | null;
  readonly faults: readonly Fault[];
  /** Lines about the list of storage hosts, which is a file of its own. */
  readonly storageProblems: readonly string[];
}

function check(tree: Record<string, unknown>, sources: Sources & Machine): Checked {
  const result = checkTree(tree);
  if (result.kind === 'faulty') return { checked: null, faults: result.faults, storageProblems: [] };
  const { file } = result;
  const { storage, problems } = readStorage(file.policy.storageList ?? storageListBeside(sources.file));
  const settings = buildSettings(file, sources, storage);
  return { checked: { settings, file }, faults: crossCheck(file, settings), storageProblems: problems };
}

function storageListBeside(settingsFile: string | null): string {
  const beside = settingsFile === null ? null : join(dirname(settingsFile), STORAGE_LIST);
  return beside !== null && existsSync(beside) ? beside : SHIPPED_STORAGE_LIST;
}

function readStorage(file: string): { storage: ContentPolicySettings['storage']; problems: string[] } {
  try {
    return { storage: { ...readStorageList(file), file }, problems: [] };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const nothing = { hosts: [], shorteners: [], allowed: {}, file };
    return { storage: nothing, problems: error.message.split('\n') };
  }
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
