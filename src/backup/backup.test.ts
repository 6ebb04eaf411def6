import { chownSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { systemClock } from '../lib/clock.ts';
import { backup } from './backup.ts';

test.runIf(process.getuid?.() === 0)(
  'an empty folder of another user, who could lead what is written elsewhere, is not taken',
  async () => {
    await using folder = await tempFolder();
    const [data, to] = [join(folder.path, 'data'), join(folder.path, 'backup')];
    for (const path of [data, to]) mkdirSync(path);
    chownSync(to, 65_534, 65_534);
    const database = { kind: 'sqlite', file: join(data, 'directory.db') } as const;
    const made = backup({
      settings: {
        data,
        hostname: 'mail.moh.example',
        certificate: null,
        database: { directory: database, trace: database },
      },
      settingsFile: null,
      to,
      mailboxes: false,
      version: '0.0.0',
      env: {},
      clock: systemClock,
      signal: new AbortController().signal,
      progress: () => {},
    });
    await expect(made).rejects.toThrow(`${to}: belongs to another user; name a new folder`);
    expect(readdirSync(to)).toEqual([]);
  },
);
