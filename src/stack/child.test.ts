import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { type Child, type ChildSpec, createChild } from './child.ts';

test('a program that ends at once is started again with doubling pauses up to 30 s, and gives its last words', async () => {
  await using folder = await tempFolder();
  const pauses: number[] = [];
  const clock: Clock = {
    ...systemClock,
    sleep: async (ms, signal) => {
      if (ms >= 200) pauses.push(ms);
      await systemClock.sleep(Math.min(ms, 1), signal);
    },
  };
  const child = make(folder.path, 'echo starting; echo "fatal: no such thing" >&2; echo bye; exit 3', {
    clock,
  });
  child.start();
  await expect(child.whenReady()).rejects.toThrow(
    'part: does not start: ended with code 3: fatal: no such thing',
  );
  await waitFor('ten restarts', () => (pauses.length >= 10 ? true : undefined));
  await child.stop();
  expect(pauses.slice(0, 10)).toEqual([200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
  expect(child.state()).toMatchObject({ state: 'stopped', pid: null });
});

test('a program that is missing is named', async () => {
  await using folder = await tempFolder();
  const child = make(folder.path, '', { command: '/nowhere/program' });
  child.start();
  await expect(child.whenReady()).rejects.toThrow(
    'part: does not start: cannot be started: spawn /nowhere/program ENOENT',
  );
  await child.stop();
});

test('a program that ignores TERM is killed when its time is over', async () => {
  await using folder = await tempFolder();
  const child = make(folder.path, 'trap "" TERM; touch ready; while :; do sleep 0.05; done', { stopMs: 100 });
  child.start();
  await child.whenReady();
  const { pid } = child.state();
  await child.stop();
  expect(existsSync(`/proc/${pid}`)).toBe(false);
});

test('a worker that outlives its main process is ended before the next run', async () => {
  await using folder = await tempFolder();
  const child = make(folder.path, 'sleep 1000 & echo $! > worker; touch ready; wait');
  child.start();
  await child.whenReady();
  const { pid } = child.state();
  const worker = Number(readFileSync(join(folder.path, 'worker'), 'utf8'));
  process.kill(Number(pid), 'SIGKILL');
  await waitFor('another run', () => (child.state().pid !== pid && child.state().pid ? true : undefined));
  expect(isAlive(worker)).toBe(false);
  await child.stop();
});

test('a program that does not answer in time makes waiting end, and becomes ready when it answers at last', async () => {
  await using folder = await tempFolder();
  const child = make(folder.path, 'while [ ! -e go ]; do sleep 0.02; done; touch ready; exec sleep 1000', {
    readyMs: 50,
  });
  child.start();
  await expect(child.whenReady()).rejects.toThrow('does not answer after 0 s');
  await import('node:fs/promises').then((fs) => fs.writeFile(join(folder.path, 'go'), ''));
  await waitFor('ready', () => (child.state().state === 'ready' ? true : undefined));
  expect(child.state()).toMatchObject({ lastError: null, restarts: 0 });
  await child.stop();
});

test('a program is given none of our environment', async () => {
  await using folder = await tempFolder();
  process.env.GEGANTI_SECRET_OF_TEST = 'x';
  const child = make(folder.path, 'env > environment; touch ready; exec sleep 1000');
  child.start();
  await child.whenReady();
  await child.stop();
  delete process.env.GEGANTI_SECRET_OF_TEST;
  const environment = readFileSync(join(folder.path, 'environment'), 'utf8');
  expect(environment).toContain('PATH=');
  expect(environment).not.toContain('GEGANTI_SECRET_OF_TEST');
});

interface Overrides extends Partial<ChildSpec> {
  readonly clock?: Clock;
}

/** A shell script that counts as ready once it has made the file `ready`. */
function make(folder: string, script: string, { clock = systemClock, ...overrides }: Overrides = {}): Child {
  const spec: ChildSpec = {
    name: 'part',
    command: '/bin/sh',
    args: ['-c', script],
    env: null,
    cwd: folder,
    user: null,
    stopMs: 5000,
    readyMs: 20_000,
    note: null,
    isReady: async () => existsSync(join(folder, 'ready')),
    ...overrides,
  };
  return createChild(spec, { logFile: join(folder, 'part.log'), log: silentLog, clock, onChange: () => {} });
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
