/**
 * Two processes use one quarantine folder, one keeps and one removes, and both are killed again and again. What either
 * was promised holds: nobody who was kept is lost, nobody who was removed comes back, and every item is whole.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { type Log, silentLog } from '../../src/lib/log.ts';
import { createQuarantine } from '../../src/quarantine/disk-quarantine.ts';
import { tempFolder } from '../support/temp-folder.ts';

const USER = join(import.meta.dirname, 'quarantine-user.ts');
const settings = { keepMs: 3_600_000, keepUndeliverableMs: 3_600_000 };

type Role = 'keep' | 'remove';

/** Runs a user until it has said so many lines or is given up; resolves with them. */
async function run(
  folder: string,
  role: Role,
  killAfterLines: number,
  givenUp: AbortSignal,
): Promise<string[]> {
  const child = spawn(process.execPath, [USER, folder, role], { stdio: ['ignore', 'pipe', 'inherit'] });
  givenUp.addEventListener('abort', () => child.kill('SIGKILL'));
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    said += more;
    if (said.split('\n').length > killAfterLines) child.kill('SIGKILL');
  });
  const signal = await new Promise((resolve) => child.on('close', (_, by) => resolve(by)));
  if (signal !== 'SIGKILL') throw new Error(`the process that was to ${role} ended by itself`);
  return said.split('\n').slice(0, -1);
}

test('kill -9 of either user of a quarantine: nobody is lost, nobody comes back, every item is whole', async () => {
  await using temp = await tempFolder();
  const folder = join(temp.path, 'quarantine');
  const lines: string[] = [];
  for (const [keepLines, removeLines] of [
    [20, 10],
    [7, 3],
    [61, 40],
    [150, 111],
  ] as const) {
    const giveUp = new AbortController();
    const users = [
      run(folder, 'keep', keepLines, giveUp.signal),
      run(folder, 'remove', removeLines, giveUp.signal),
    ];
    const both = await Promise.all(users).finally(() => giveUp.abort());
    lines.push(...both.flat());
  }
  const said = (what: string): Set<string> =>
    new Set(lines.filter((line) => line.startsWith(`${what} `)).map((line) => line.slice(what.length + 1)));
  const [kept, removing, removed] = [said('kept'), said('removing'), said('removed')];
  expect(kept.size).toBeGreaterThan(200);
  expect(removed.size).toBeGreaterThan(50);

  const errors: unknown[] = [];
  const log: Log = { ...silentLog, error: (facts) => void errors.push(facts) };
  await using quarantine = await createQuarantine({ folder, settings, clock: systemClock, log });
  const found = new Set<string>();
  for (const { id } of await quarantine.entries()) {
    const item = await quarantine.get(id);
    const content = await quarantine.read(id);
    if (!item || !content) throw new Error(`${id} is not whole`);
    for (const recipient of item.recipients) found.add(`${id} ${recipient}`);
    expect((await buffer(content)).length).toBe(item.envelope.sizeBytes);
  }
  for (const one of kept) if (!removing.has(one)) expect(found, `kept: ${one}`).toContain(one);
  for (const one of removed) expect(found, `removed: ${one}`).not.toContain(one);
  expect(errors).toEqual([]);
});
