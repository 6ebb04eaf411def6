/** A crash between a line and its row changes nothing: the process that makes rows is killed again and again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { openTraceDatabase } from '../../src/db/open.ts';
import { newMessageId } from '../../src/mail/message-id.ts';
import type { RecordedEvent } from '../../src/trace/events.ts';
import type { TraceSchema } from '../../src/trace/schema.ts';
import { AHMAD, accepted, at, deferred, delivered, scanned } from '../support/events.ts';
import { tempFolder } from '../support/temp-folder.ts';

const SCRIPT = join(import.meta.dirname, 'log-projector.ts');
const MESSAGES = 6_000;
const KILLS = 8;

test('killed in the middle of its work, rows and positions agree, and no event is lost or doubled', async () => {
  await using folder = await tempFolder();
  const file = join(folder.path, 'trace.db');
  const path = join(folder.path, 'delivery');
  await mkdir(path);
  const messages = Array.from({ length: MESSAGES }, (_, n) => newMessageId(n));
  const lines = (events: readonly RecordedEvent[]): string =>
    events.map((event) => `${JSON.stringify(event)}\n`).join('');
  const received = messages.map((id, n) => at(n, accepted(id)));
  const worked = messages.flatMap((id, n) => [
    at(n, scanned(id)),
    at(n, delivered(id)),
    at(n, deferred(id, { recipients: [AHMAD] })),
  ]);
  await writeFile(join(path, '2026-11-24.receive.jsonl'), lines(received));
  await writeFile(join(path, '2026-11-24.work.jsonl'), lines(worked));

  const cut: number[] = [];
  for (let kill = 0; kill < KILLS; kill++) cut.push(await runAndKill([folder.path, file], 100 + kill * 40));
  expect(cut.some((behind) => behind > 0)).toBe(true);
  await runUntilDone([folder.path, file]);

  const db = await openTraceDatabase<TraceSchema>({ kind: 'sqlite', file });
  const outcomes = await db
    .selectFrom('entries')
    .select(({ fn }) => ['outcome', 'door', fn.countAll<number>().as('count')])
    .groupBy(['outcome', 'door'])
    .orderBy('outcome')
    .execute();
  expect(outcomes).toEqual([
    { outcome: 'deferred', door: 'mx', count: MESSAGES },
    { outcome: 'delivered', door: 'mx', count: MESSAGES },
  ]);
  expect(await db.selectFrom('events').select('event').execute()).toHaveLength(4 * MESSAGES);
  await db.destroy();
});

/** Resolves with the octets that were not rows yet when last looked at before the kill. */
async function runAndKill(args: readonly string[], afterMs: number): Promise<number> {
  const child = run(args);
  let behind = 0;
  const lines = createInterface({ input: child.stdout });
  await once(lines, 'line');
  lines.on('line', (line) => {
    behind = Number(line);
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
  await once(child, 'exit');
  clearTimeout(timer);
  return behind;
}

async function runUntilDone(args: readonly string[]): Promise<void> {
  const child = run(args);
  for await (const line of createInterface({ input: child.stdout })) if (line === '0') break;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

function run(args: readonly string[]): ChildProcess & { readonly stdout: NodeJS.ReadableStream } {
  return spawn(process.execPath, [SCRIPT, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
}
