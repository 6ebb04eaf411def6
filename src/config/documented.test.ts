/** `config/geganti.yaml` as shipped: it documents every key, with its real default, and changes nothing. */
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { isRecord } from '../lib/fields.ts';
import type { Environment } from './env.ts';
import { settingLeaves, valueAt } from './keys.ts';
import { RELOADABLE } from './live.ts';
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

test('the file as shipped loads to the defaults', () => expect(load(SHIPPED)).toEqual(load(null)));

test('every key is there, in the order of the schema, with its default', async () => {
  await using folder = await tempFolder();
  await mkdir(join(folder.path, 'config'));
  const file = join(folder.path, 'config/all.yaml');
  await writeFile(file, uncommented);
  expect(pathsIn(readYamlFile(file, 'all').tree)).toEqual(settingPaths);
  expect(load(file)).toEqual(load(null));
});

/** Keys whose default is the most that they may be. */
const AT_MOST: readonly string[] = ['stack.processes'];

test('every number, size and time reaches the setting of its own name, and no other', async () => {
  await using folder = await tempFolder();
  const file = join(folder.path, 'all.yaml');
  await writeFile(file, uncommented);
  const { tree } = readYamlFile(file, 'all');
  const before = load(null);
  const written = (path: string): string => String(valueAt(tree, path.split('.')));
  const numbers = settingPaths.filter((path) => /^\d+( |$)/.test(written(path)));
  expect(numbers.length).toBeGreaterThan(45);
  for (const path of numbers) {
    const step = AT_MOST.includes(path) ? -1 : 1;
    const text = written(path).replace(/^\d+/, (digits) => String(Number(digits) + step));
    const after = settingLeaves(load(null, { [variableOf(path)]: text }));
    const changed = after.filter((leaf) => !isDeepStrictEqual(valueAt(before, leaf.path), leaf.value));
    expect([path, changed.map(({ key }) => key)]).toEqual([path, [path]]);
  }
});

test('every value of the settings has its key in the file', () => {
  const keys = settingLeaves(load(null)).map(({ key }) => key);
  const named = settingPaths.map((path) => (path.startsWith('certificate.') ? 'certificate' : path));
  expect(new Set(keys)).toEqual(new Set(named));
  expect(keys.length).toBe(new Set(keys).size);
});

test('the head of the file names every key that takes effect by a reload', () => {
  const [head = ''] = text.split('\n\n');
  const [, list = ''] = /take effect at once:(.*?)\. All others/.exec(head.replace(/\n# */g, ' ')) ?? [];
  const named = list.split(/, | and /).map((name) => name.trim());
  expect(named.sort()).toEqual([...RELOADABLE].sort());
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
