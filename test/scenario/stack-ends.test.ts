/** The neighbours leave nothing behind: after a stop, after the death of their supervisor, and when one cannot start. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { readStackState, startStack } from '../../src/stack/stack.ts';
import { killGroups, stackSettings, startTestStack } from '../support/stack.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';

test('stopping leaves no process and no socket', async () => {
  await using folder = await tempFolder();
  const running = await startTestStack(folder.path);
  const pids = running.stack.parts.map((part) => part.pid);
  await running[Symbol.asyncDispose]();
  expect(pids.filter((pid) => pid !== null && existsSync(`/proc/${pid}`))).toEqual([]);
  expect(processesOf(folder.path)).toEqual([]);
  expect(socketsBelow(folder.path)).toEqual([]);
  expect(readStackState(folder.path)?.supervisor).toBeNull();
});

test('after kill -9 of the supervisor the next start ends its leftovers and serves', async () => {
  await using folder = await tempFolder();
  const support = pathToFileURL(join(import.meta.dirname, '..', 'support', 'stack.ts')).href;
  const program = `const { startTestStack } = await import(${JSON.stringify(support)});
    await startTestStack(${JSON.stringify(folder.path)}); setInterval(() => {}, 1000);`;
  const supervisor = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' });
  const old = await waitFor('the first stack', () => {
    const parts = readStackState(folder.path)?.parts ?? [];
    return parts.length === 4 && parts.every((part) => part.state === 'ready') ? parts : undefined;
  });
  // Whatever goes wrong below, the orphans go.
  using _ = { [Symbol.dispose]: () => killGroups(old.map((part) => part.pid)) };
  supervisor.kill('SIGKILL');
  await waitFor('the end of the supervisor', () => (supervisor.signalCode ? true : undefined));
  expect(old.filter((part) => !isAlive(part.pid))).toEqual([]);

  await using running = await startTestStack(folder.path);
  const now = new Set(running.stack.parts.map((part) => part.pid));
  expect(old.filter((part) => now.has(part.pid))).toEqual([]);
  expect(old.filter((part) => isAlive(part.pid))).toEqual([]);
});

test('a taken IMAP port is one clear line, and nothing is started', async () => {
  await using folder = await tempFolder();
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const address = other.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  try {
    const settings = await stackSettings(folder.path, []);
    const stack = { ...settings.stack, imap: { ...settings.stack.imap, port } };
    const start = startStack({
      settings: { ...settings, stack },
      log: silentLog,
      clock: systemClock,
      extra: [],
    });
    await expect(start).rejects.toThrow(
      `stack.imap.port: ${port} is taken by another program; set another port`,
    );
    expect(processesOf(folder.path)).toEqual([]);
  } finally {
    await new Promise((resolve) => other.close(resolve));
  }
});

function processesOf(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
      } catch {
        return false;
      }
    });
}

/** A zombie that nobody has collected yet is not alive. */
function isAlive(pid: number | null): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

function socketsBelow(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isSocket()).map((entry) => join(entry.parentPath, entry.name));
}
