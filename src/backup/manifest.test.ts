import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type TempFolder, tempFolder } from '../../test/support/temp-folder.ts';
import {
  FILE_LIST,
  type FileTable,
  MANIFEST,
  type Manifest,
  readManifest,
  writeManifest,
} from './manifest.ts';

const manifest: Manifest = {
  version: '1.2.3',
  hostname: 'mail.moh.example',
  startedAt: 1_764_000_000_000,
  finishedAt: 1_764_000_001_000,
  directory: 'sqlite',
  trace: 'shared',
  mailboxes: null,
};
const sha256 = 'a'.repeat(64);

async function written(names: readonly string[]): Promise<TempFolder> {
  const folder = await tempFolder();
  const files: FileTable = new Map(names.map((name) => [name, { bytes: 5, sha256 }]));
  await writeManifest(folder.path, manifest, files);
  return folder;
}

test('what was written is read again, odd names too', async () => {
  const names = ['spool/VERSION', 'a b/c', 'back\\slash', 'two\nlines', '\\n'];
  await using folder = await written(names);
  const read = await readManifest(folder.path);
  expect(read.manifest).toEqual(manifest);
  expect([...read.files]).toEqual(names.map((name) => [name, sha256]));
});

test.each([
  [
    'a list that lacks a line',
    FILE_LIST,
    (text: string) => text.replace(/.*\n/, ''),
    'is not as it was written',
  ],
  [
    'a list with another file',
    FILE_LIST,
    (text: string) => text.replace('spool', 'spoof'),
    'is not as it was written',
  ],
  [
    'a path that leads out',
    FILE_LIST,
    (text: string) => text.replace('spool', '../etc'),
    'is no line of a backup',
  ],
  ['an absolute path', FILE_LIST, (text: string) => text.replace('spool', '/etc'), 'is no line of a backup'],
  [
    'a newer format',
    MANIFEST,
    (text: string) => text.replace('"format": 1', '"format": 2'),
    'use the version that wrote it',
  ],
  [
    'a manifest of no time',
    MANIFEST,
    (text: string) => text.replace(/"startedAt": "[^"]*"/, '"startedAt": "never"'),
    'cannot be read (startedAt: no moment)',
  ],
  ['half a manifest', MANIFEST, (text: string) => text.slice(0, 40), 'cannot be read (not JSON)'],
])('%s is refused', async (_, name, change, problem) => {
  await using folder = await written(['spool/VERSION', 'spool/x']);
  const path = join(folder.path, name);
  await writeFile(path, change(await readFile(path, 'utf8')));
  await expect(readManifest(folder.path)).rejects.toThrow(problem);
});

test('a folder without a manifest is no backup', async () => {
  await using folder = await tempFolder();
  await expect(readManifest(folder.path)).rejects.toThrow('holds no whole backup');
});
