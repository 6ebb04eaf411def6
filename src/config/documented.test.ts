/** `config/geganti.yaml` as shipped: it documents every key, with its real default, and changes nothing. */
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { isRecord } from '../lib/fields.ts';
import type { Environment } from './env.ts';
import { loadSettings } from './load.ts';
import { variableOf } from './overrides.ts';
import { settingPaths } from './schema.ts';
import type { Settings } from './settings.ts';
import { readYamlFile } from './yaml-file.ts';

const SHIPPED = join(import.meta.dirname, '../../config/geganti.yaml');
const text = readFileSync(SHIPPED, 'utf8');
/** "#key: value" is a setting, "# words" are words. */
const uncommented = text.replace(/^( *)#(?=[a-zA-Z])/gm, '$1');

function load(file: string | null, env: Environment = {}): Settings {
  return loadSettings({ file, env, isRoot: true, projectFolder: '/srv', hostname: 'x', hasIpv6: true });
}

function pathsIn(tree: unknown, prefix = ''): string[] {
  if (!isRecord(tree) || settingPaths.includes(prefix)) return [prefix];
  return Object.entries(tree).flatMap(([key, value]) =>
    pathsIn(value, prefix === '' ? key : `${prefix}.${key}`),
  );
}

function valueAt(tree: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((node, key) => (isRecord(node) ? node[key] : undefined), tree);
}

/** "limits.idleMs" → 120000; lists as JSON. */
function leavesOf(tree: object, prefix = ''): Map<string, unknown> {
  const entries = Object.entries(tree).flatMap(([key, value]): [string, unknown][] =>
    isRecord(value) ? [...leavesOf(value, `${prefix}${key}.`)] : [[prefix + key, JSON.stringify(value)]],
  );
  return new Map(entries);
}

test('the file as shipped loads to the defaults', () => expect(load(SHIPPED)).toEqual(load(null)));

test('every key is there, in the order of the schema, with its default', async () => {
  await using folder = await tempFolder();
  await mkdir(join(folder.path, 'config'));
  const file = join(folder.path, 'config/all.yaml');
  await writeFile(file, uncommented);
  expect(pathsIn(readYamlFile(file, 'all'))).toEqual(settingPaths);
  expect(load(file)).toEqual(load(null));
});

/** Where the typed name does not begin with the name in the file. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  'limits.commandLine': 'commandBytes',
  'limits.authLine': 'authCommandBytes',
  'limits.dataRate': 'dataBytesPerSecond',
  'spool.segmentAge': 'segmentMs',
};

test('every number, size and time reaches the setting of its own name, and no other', async () => {
  await using folder = await tempFolder();
  const file = join(folder.path, 'all.yaml');
  await writeFile(file, uncommented);
  const tree = readYamlFile(file, 'all');
  const before = leavesOf(load(null));
  const numbers = settingPaths.filter((path) => /^\d+( |$)/.test(String(valueAt(tree, path))));
  expect(numbers.length).toBeGreaterThan(45);
  for (const path of numbers) {
    const text = String(valueAt(tree, path)).replace(/^\d+/, (digits) => String(Number(digits) + 1));
    const after = leavesOf(load(null, { [variableOf(path)]: text }));
    const changed = [...after].filter(([leaf, value]) => before.get(leaf) !== value).map(([leaf]) => leaf);
    const key = path.split('.').at(-1) ?? '';
    const [folderOf, name] = [path.split('.').slice(0, -1).join('.'), OTHER_NAMES[path] ?? key];
    expect([path, changed]).toEqual([
      path,
      [expect.stringMatching(`^${folderOf}\\.${name}(Bytes|Ms|Percent)?$`)],
    ]);
  }
});

test('every key has words above it', () => {
  const lines = text.split('\n');
  const bare = lines.filter((line, i) => /^ *#?[a-zA-Z]+:/.test(line) && !/^ *# ./.test(lines[i - 1] ?? ''));
  expect(bare).toEqual([]);
});

test('no line is longer than 120 characters', () =>
  expect(text.split('\n').filter((line) => line.length > 120)).toEqual([]));

test('no two keys share an environment variable', () =>
  expect(new Set(settingPaths.map(variableOf)).size).toBe(settingPaths.length));
