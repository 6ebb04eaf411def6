import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import {
  appendFile,
  mkdir,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { delivered, everyKind, failedLogin, queueAct } from '../../test/support/events.ts';
import { address } from '../../test/support/messages.ts';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { systemClock } from '../lib/clock.ts';
import { type Log, silentLog } from '../lib/log.ts';
import { Problem } from '../lib/problem.ts';
import { newMessageId } from '../mail/message-id.ts';
import type { RecordedEvent } from './events.ts';
import { dayIn } from './files.ts';
import { parseEvent } from './parse.ts';
import { createTrace, type TraceDeps } from './recorder.ts';

const BASE = { writer: 'main', timezone: 'Asia/Kuala_Lumpur', clock: systemClock, log: silentLog };

const open = (folder: string, more: Partial<TraceDeps> = {}) => createTrace({ folder, ...BASE, ...more });

const ALI = address('ali@moh.example');

/** Where the lines of this moment go. */
async function today(folder: string): Promise<string> {
  const path = join(folder, 'delivery', `${dayIn('Asia/Kuala_Lumpur')(Date.now())}.main.jsonl`);
  await mkdir(dirname(path), { recursive: true });
  return path;
}

async function eventsIn(path: string): Promise<RecordedEvent[]> {
  return (await readFile(path, 'utf8')).split('\n').flatMap((line) => parseEvent(line) ?? []);
}

const id = newMessageId(Date.UTC(2026, 10, 24));

test('an event is one JSON line with its time and identity, in a file that others cannot read', async () => {
  await using folder = await tempFolder();
  const path = await today(join(folder.path, 'trace'));
  {
    await using trace = await open(join(folder.path, 'trace'));
    trace.record(delivered(id, ALI));
  }
  const text = await readFile(path, 'utf8');
  expect(text.endsWith('}\n')).toBe(true);
  expect(JSON.parse(text)).toMatchObject({
    id,
    kind: 'delivered',
    event: `${id}/delivered/ali@moh.example/`,
  });
  expect(JSON.parse(text).at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(((await stat(path)).mode & 0o777).toString(8)).toBe('640');
});

test('the folder is made, and others cannot look into it', async () => {
  await using folder = await tempFolder();
  await using _trace = await open(join(folder.path, 'log'));
  for (const path of ['log', 'log/delivery'])
    expect(((await stat(join(folder.path, path))).mode & 0o777).toString(8)).toBe('750');
});

test('a fact has the same identity each time, what happens anew another one, whoever writes it', async () => {
  await using folder = await tempFolder();
  const clock = { now: () => Date.UTC(2026, 10, 24) };
  const kinds = everyKind(id);
  const identities: string[] = [];
  for (const writer of ['receive', 'work', 'work']) {
    await using trace = await open(folder.path, { writer, clock });
    for (const event of [...kinds, failedLogin, queueAct(id, 'retry')]) trace.record(event);
    await trace.flush();
  }
  for (const writer of ['receive', 'work']) {
    const events = await eventsIn(join(folder.path, 'delivery', `2026-11-24.${writer}.jsonl`));
    identities.push(...events.map(({ event }) => event));
  }
  const once = kinds.filter(
    ({ kind, id }) => id !== null && !['queue-act', 'released', 'purged'].includes(kind),
  ).length;
  const anew = kinds.length - once + 2;
  expect(identities).toHaveLength(3 * (once + anew));
  expect(new Set(identities).size).toBe(once + 3 * anew);
});

test('a new day in the time zone is a new file, and the old one is closed', async () => {
  await using folder = await tempFolder();
  let now = Date.UTC(2026, 10, 24, 15, 59, 59, 990);
  await using trace = await open(folder.path, { clock: { now: () => now } });
  trace.record(delivered(id, ALI));
  await trace.flush();
  now += 10;
  trace.record(delivered(id));
  await trace.flush();
  const [before, after] = ['2026-11-24', '2026-11-25'].map((day) =>
    join(folder.path, 'delivery', `${day}.main.jsonl`),
  );
  expect(await eventsIn(before ?? '')).toMatchObject([{ recipient: ALI, at: '2026-11-24T15:59:59.990Z' }]);
  expect(await eventsIn(after ?? '')).toMatchObject([{ at: '2026-11-24T16:00:00.000Z' }]);
  const handles = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  );
  expect(handles).toContain(after);
  expect(handles).not.toContain(before);
});

test('a line torn by a crash is ended at the next start and skipped by readers', async () => {
  await using folder = await tempFolder();
  const path = await today(folder.path);
  {
    await using trace = await open(folder.path);
    trace.record(delivered(id, ALI));
  }
  await appendFile(path, `{"at":"2026-11-24T08:40:12.000Z","event":"${id}/deli`);
  await using trace = await open(folder.path);
  trace.record(delivered(id));
  await trace.flush();
  expect(await eventsIn(path)).toHaveLength(2);
  expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(4);
});

test('while the disk is full events wait, and are written when there is space again', async () => {
  await using folder = await tempFolder();
  const path = await today(folder.path);
  await symlink('/dev/full', path);
  const said: string[] = [];
  const log: Log = { ...silentLog, error: (_, text) => void said.push(text) };
  await using trace = await open(folder.path, { log, retryMs: 20 });
  trace.record(delivered(id, ALI));
  await waitFor('the failed write', () => said[0]);
  trace.record(delivered(id));
  await rm(path);
  await writeFile(path, '');
  await waitFor('the retry', async () =>
    (await readFile(path, 'utf8')).split('\n').length === 3 ? true : undefined,
  );
  expect(trace.lost).toBe(0);
  expect(said).toEqual(['delivery log: cannot be written, trying again']);
});

test('a log that cannot be written holds nobody up, however much waits for it', async () => {
  await using folder = await tempFolder();
  await symlink('/dev/full', await today(folder.path));
  await using trace = await open(folder.path, { retryMs: 60_000 });
  for (let n = 0; n < 30_000; n++) trace.record(delivered(newMessageId(n), ALI));
  await trace.flush();
  const { user, system } = process.cpuUsage();
  for (let n = 0; n < 100; n++) {
    trace.record(delivered(newMessageId(n)));
    await trace.flush();
  }
  const after = process.cpuUsage({ user, system });
  expect((after.user + after.system) / 100).toBeLessThan(1_000);
});

test('a disk that never answers holds nobody up for long', async () => {
  await using folder = await tempFolder();
  const path = await today(folder.path);
  // Full after 64 KB, and nobody reads: the write waits, as on a network disk that is gone.
  execFileSync('mkfifo', [path]);
  const said: string[] = [];
  const log: Log = { ...silentLog, error: (_, text) => void said.push(text) };
  const trace = await open(folder.path, { log, patienceMs: 50 });
  for (let n = 0; n < 1_000; n++) trace.record(delivered(newMessageId(n), ALI));
  await trace.flush();
  expect(said).toEqual(['delivery log: cannot be written, trying again']);
  for (let n = 0; n < 1_000; n++) await trace.flush();
  // Once the disk answers, all is written.
  const reader = createReadStream(path);
  let lines = 0;
  reader.on('data', (octets) => {
    lines += octets.toString().split('\n').length - 1;
  });
  await waitFor('every line', () => (lines === 1_000 ? true : undefined));
  await trace[Symbol.asyncDispose]();
  reader.destroy();
  expect(trace.lost).toBe(0);
});

test('what waits for the disk is bounded, and what is dropped is counted', async () => {
  await using folder = await tempFolder();
  const path = await today(folder.path);
  await symlink('/dev/full', path);
  const trace = await open(folder.path, { maxWaiting: 2_000, retryMs: 60_000 });
  for (let n = 0; n < 100; n++) trace.record(delivered(newMessageId(n), ALI));
  const dropped = trace.lost;
  expect(dropped).toBeGreaterThan(80);
  expect(dropped).toBeLessThan(100);
  await trace[Symbol.asyncDispose]();
  expect(trace.lost).toBe(100);
});

test('a folder that cannot be written is one clear line at the start', async () => {
  await using folder = await tempFolder();
  await mkdir(await today(folder.path));
  const attempt = open(folder.path);
  await expect(attempt).rejects.toThrow(Problem);
  await expect(attempt).rejects.toThrow(/\.main\.jsonl cannot be written: EISDIR/);
});

test('ten thousand events cost little', async () => {
  await using folder = await tempFolder();
  await using trace = await open(folder.path);
  const before = process.cpuUsage();
  for (let n = 0; n < 10_000; n++) trace.record(delivered(id, ALI));
  await trace.flush();
  const { user, system } = process.cpuUsage(before);
  // Measured at 3 µs; the bound leaves room for a machine that does other things.
  expect((user + system) / 10_000).toBeLessThan(40);
});
