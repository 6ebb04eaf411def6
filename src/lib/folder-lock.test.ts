import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { lockFolder } from './folder-lock.ts';

interface Holder {
  readonly child: ChildProcess;
  readonly said: string;
}

/** A process that takes the lock, says so, and stays. */
async function holder(folder: string): Promise<Holder> {
  const code = `
    const { lockFolder } = await import(${JSON.stringify(new URL('folder-lock.ts', import.meta.url).href)});
    try { globalThis.held = lockFolder('spool', ${JSON.stringify(folder)}); console.log('held'); } catch (error) { console.log(error.message); }
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code]);
  const [said] = await once(child.stdout, 'data');
  return { child, said: String(said).trim() };
}

async function kill({ child }: Holder): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

test('a second process is refused and told who the owner is', async () => {
  await using folder = await tempFolder();
  using _ = lockFolder('spool', folder.path);
  const other = await holder(folder.path);
  await kill(other);
  const text = `spool: ${folder.path} is in use by process ${process.pid} (stop it first, or set another folder)`;
  expect(other).toMatchObject({ said: text });
});

test('a try of this process to take it again is refused, too, and does not loosen the lock', async () => {
  await using folder = await tempFolder();
  using _ = lockFolder('spool', folder.path);
  expect(() => lockFolder('spool', folder.path)).toThrow('is in use by process');
  const other = await holder(folder.path);
  await kill(other);
  expect(other).toMatchObject({ said: expect.stringContaining('is in use') });
});

test('the lock dies with its process, even by kill -9', async () => {
  await using folder = await tempFolder();
  const owner = await holder(folder.path);
  expect(owner).toMatchObject({ said: 'held' });
  expect(() => lockFolder('spool', folder.path)).toThrow(`in use by process ${owner.child.pid}`);
  await kill(owner);
  lockFolder('spool', folder.path)[Symbol.dispose]();
});

test('given back, it can be taken again, and leaves only the empty lock file', async () => {
  await using folder = await tempFolder();
  for (let round = 0; round < 3; round++) {
    const lock = lockFolder('spool', folder.path);
    lock[Symbol.dispose]();
    lock[Symbol.dispose]();
  }
  expect(readdirSync(folder.path)).toEqual(['lock']);
});
