import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { systemError, watchFiles } from '../../test/support/watched-files.ts';
import {
  isDiskFull,
  type OpenFile,
  shared,
  systemFiles,
  writeAll,
  writeFileDurably,
} from './durable-file.ts';

test('a short write is an error, and means a full disk', async () => {
  const file = { write: async () => 3 } as unknown as OpenFile;
  const failure = await writeAll(file, [Buffer.from('four')], 0).catch((error) => error);
  expect([failure.message, isDiskFull(failure)]).toEqual(['short write: 3 of 4 octets', true]);
});

for (const [code, expected] of [
  ['ENOSPC', true],
  ['EDQUOT', true],
  ['EFBIG', true],
  ['EIO', false],
  ['EMFILE', false],
] as const) {
  test(`${code} ${expected ? 'means' : 'does not mean'} a full disk`, () => {
    expect(isDiskFull(systemError(code))).toBe(expected);
  });
}

describe('a file written durably', () => {
  test('is synced, then renamed, then its folder is synced', async () => {
    await using folder = await tempFolder();
    const files = watchFiles(folder.path);
    await writeFileDurably(files, join(folder.path, 'a'), 'new');
    const steps = ['truncate a.tmp', 'write a.tmp', 'sync a.tmp', 'rename a.tmp a', 'sync ./'];
    expect(files.steps).toEqual(steps);
    expect([readFileSync(join(folder.path, 'a'), 'utf8'), readdirSync(folder.path)]).toEqual(['new', ['a']]);
    expect(statSync(join(folder.path, 'a')).mode & 0o077).toBe(0);
  });

  test('replaces an older one only when it is whole', async () => {
    await using folder = await tempFolder();
    const path = join(folder.path, 'a');
    writeFileSync(path, 'old');
    const files = watchFiles(folder.path);
    files.fault = (step) => (step.startsWith('write') ? 'short' : undefined);
    await expect(writeFileDurably(files, path, 'new')).rejects.toThrow('short write');
    expect(readFileSync(path, 'utf8')).toBe('old');
  });
});

test('a shared run serves all who wait when it begins, and nobody who comes later', async () => {
  const runs: PromiseWithResolvers<void>[] = [];
  const sync = shared(() => {
    const run = Promise.withResolvers<void>();
    runs.push(run);
    return run.promise;
  });
  const done: string[] = [];
  const call = (name: string): Promise<void> => sync().then(() => void done.push(name));
  const calls = [call('first'), call('second'), call('third')];
  expect(runs.length).toBe(1);
  runs[0]?.resolve();
  await calls[0];
  await new Promise(setImmediate);
  expect([done, runs.length]).toEqual([['first'], 2]);
  const late = call('late');
  runs[1]?.resolve();
  await Promise.all(calls);
  await new Promise(setImmediate);
  expect([done, runs.length]).toEqual([['first', 'second', 'third'], 3]);
  runs[2]?.resolve();
  await late;
});

test('a shared run that fails fails only those whom it was to serve', async () => {
  let runs = 0;
  const sync = shared(async () => {
    if (++runs === 1) throw systemError('EIO');
  });
  const first = sync();
  const second = sync();
  await expect(first).rejects.toThrow('EIO');
  await expect(second).resolves.toBeUndefined();
});

test('free space is that of the file system', () => {
  const percent = systemFiles.freePercent('/');
  expect(percent > 0 && percent <= 100).toBe(true);
});
