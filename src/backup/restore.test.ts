/** A backup goes back as a whole: what is in PostgreSQL there, and what is below the data folder here. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { startPostgres } from '../../test/support/postgres.ts';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { loadSettings } from '../config/load.ts';
import type { Settings } from '../config/settings.ts';
import { openDirectoryDatabase } from '../db/open.ts';
import { systemClock } from '../lib/clock.ts';
import { backup } from './backup.ts';
import { restore } from './restore.ts';

function settingsOf(data: string, url: string): Settings {
  const env = { GEGANTI_DATA: data, GEGANTI_DATABASE_DIRECTORY: url, GEGANTI_DATABASE_TRACE: url };
  return loadSettings({ file: null, env, isRoot: true, projectFolder: '/srv', hostname: '' });
}

test('with both databases in PostgreSQL, the rest comes back below the data folder', async () => {
  await using postgres = await startPostgres();
  await using folder = await tempFolder();
  const [from, to] = [await postgres.url('restore_from'), await postgres.url('restore_to')];
  const [data, copy, back] = [join(folder.path, 'd'), join(folder.path, 'copy'), join(folder.path, 'back')];
  const places = ['spool/VERSION', 'log/delivery/2026-11-24.main.jsonl'];
  for (const path of places) {
    mkdirSync(dirname(join(data, path)), { recursive: true });
    writeFileSync(join(data, path), path);
  }
  mkdirSync(back);
  await (await openDirectoryDatabase({ kind: 'postgresql', url: from })).destroy();
  const { signal } = new AbortController();
  const common = { env: { PATH: process.env.PATH }, signal, progress: () => {} };
  await backup({
    ...common,
    settings: settingsOf(data, from),
    settingsFile: null,
    to: copy,
    mailboxes: false,
    version: '0.0.0',
    clock: systemClock,
  });

  await restore({ ...common, settings: settingsOf(back, to), from: copy });
  for (const path of places) expect(readFileSync(join(back, path), 'utf8')).toBe(path);
  expect(existsSync(join(back, 'restoring'))).toBe(false);
  expect(existsSync(join(back, 'directory', 'directory.pgdump'))).toBe(false);
});
