import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { accepted, at, delivered } from '../../test/support/events.ts';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { type Log, silentLog } from '../lib/log.ts';
import { Away } from '../lib/problem.ts';
import { newMessageId } from '../mail/message-id.ts';
import type { LogPage } from './log.ts';
import { startLogThread } from './thread-owner.ts';

async function start(log: Log = silentLog) {
  const folder = await tempFolder();
  await mkdir(join(folder.path, 'delivery'));
  const database = { kind: 'sqlite', file: join(folder.path, 'trace.db') } as const;
  const options = { folder: folder.path, database, timezone: 'UTC' };
  const thread = await startLogThread(options, log);
  return {
    thread,
    options,
    file: join(folder.path, 'delivery', '2026-11-24.main.jsonl'),
    async [Symbol.asyncDispose]() {
      await thread[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const message = (n: number): string => `${JSON.stringify(at(n, accepted(newMessageId(n))))}\n`;

test('a thread that dies in the middle of its work is followed by another, and rows and lines agree', async () => {
  const said: string[] = [];
  const log: Log = { ...silentLog, error: (_, text) => void said.push(text) };
  await using set = await start(log);
  const count = 10_000;
  await writeFile(set.file, Array.from({ length: count }, (_, n) => message(n)).join(''));
  for (let deaths = 1; deaths <= 3; deaths++) {
    const { behindBytes } = await set.thread.call('status');
    expect(behindBytes).toBeGreaterThan(0);
    await set.thread.kill();
    await waitFor('the next thread', () => (said.length === deaths ? true : undefined));
    // Asked while there is none.
    await set.thread.call('status');
  }
  await waitFor('all rows', async () =>
    (await set.thread.call('status')).behindBytes === 0 ? true : undefined,
  );
  let entries = 0;
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: LogPage = await set.thread.call('search', { limit: 5_000, ...(cursor && { cursor }) });
    entries += page.entries.length;
    cursor = page.next;
  }
  expect(entries).toBe(2 * count);
  expect(new Set(said)).toEqual(new Set(['delivery log: its thread ended, another one is started']));
});

test('what is asked while the thread dies is answered by the next one', async () => {
  await using set = await start();
  const id = newMessageId(1);
  await appendFile(set.file, `${JSON.stringify(at(0, delivered(id)))}\n`);
  const asked = set.thread.call('events', id);
  await set.thread.kill();
  expect(await asked).toHaveLength(1);
});

test('once closed it answers nothing, and closing again does nothing', async () => {
  await using set = await start();
  await set.thread[Symbol.asyncDispose]();
  await expect(set.thread.call('status')).rejects.toThrow(Away);
});
