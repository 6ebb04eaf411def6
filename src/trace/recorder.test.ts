import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { appendFile, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { address } from '../../test/support/messages.ts';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { systemClock } from '../lib/clock.ts';
import { type Log, silentLog } from '../lib/log.ts';
import { Problem } from '../lib/problem.ts';
import { type MessageId, newMessageId } from '../mail/message-id.ts';
import type { TraceEvent } from './events.ts';
import { createTrace } from './recorder.ts';

const open = (folder: string, more: { maxWaiting?: number; retryMs?: number } = {}) =>
  createTrace({ folder, clock: systemClock, log: silentLog, ...more });

function delivered(id: MessageId, recipient: string): TraceEvent {
  const reply = '250 2.0.0 Saved';
  return { kind: 'delivered', id, recipient: address(recipient), folder: 'INBOX', reply };
}

const id = newMessageId(Date.UTC(2026, 10, 24));

test('an event is one JSON line with its time and identity, in a file that others cannot read', async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, 'trace');
  {
    await using trace = await open(path);
    trace.record(delivered(id, 'ali@moh.example'));
  }
  const text = await readFile(join(path, 'delivery.jsonl'), 'utf8');
  expect(text.endsWith('}\n')).toBe(true);
  expect(JSON.parse(text)).toMatchObject({
    id,
    kind: 'delivered',
    event: `${id}/delivered/ali@moh.example/`,
  });
  expect(JSON.parse(text).at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(((await stat(join(path, 'delivery.jsonl'))).mode & 0o777).toString(8)).toBe('640');
  expect(((await stat(path)).mode & 0o777).toString(8)).toBe('750');
});

test('what was recorded a moment ago is found, also after a restart', async () => {
  await using folder = await tempFolder();
  const other = newMessageId(Date.UTC(2026, 10, 25));
  {
    await using trace = await open(folder.path);
    trace.record(delivered(id, 'ali@moh.example'));
    trace.record(delivered(other, 'siti@moh.example'));
    expect(await trace.find(id)).toHaveLength(1);
  }
  await using trace = await open(folder.path);
  trace.record(delivered(id, 'siti@moh.example'));
  expect((await trace.find(id)).map((event) => 'recipient' in event && event.recipient)).toEqual([
    'ali@moh.example',
    'siti@moh.example',
  ]);
  expect((await trace.recent(2)).map((event) => event.id)).toEqual([other, id]);
});

test('a fact that is recorded again is read once, a failed login each time', async () => {
  await using folder = await tempFolder();
  const client = { address: '192.0.2.9', helo: 'x', tls: null };
  const failed: TraceEvent = { kind: 'login-failed', id: null, door: 'submission', client, name: 'ali' };
  for (let run = 0; run < 2; run++) {
    await using trace = await open(folder.path);
    trace.record(delivered(id, 'ali@moh.example'));
    trace.record(failed);
    trace.record(failed);
    expect(await trace.find(id)).toHaveLength(1);
    expect(await trace.recent(100)).toHaveLength(1 + 2 * (run + 1));
  }
});

test('a line torn by a crash is ended at the next start and skipped by readers', async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, 'delivery.jsonl');
  {
    await using trace = await open(folder.path);
    trace.record(delivered(id, 'ali@moh.example'));
  }
  await appendFile(path, `{"at":"2026-11-24T08:40:12.000Z","event":"${id}/deli`);
  await using trace = await open(folder.path);
  trace.record(delivered(id, 'siti@moh.example'));
  expect(await trace.find(id)).toHaveLength(2);
  expect(await trace.recent(10)).toHaveLength(2);
  expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(4);
});

test('while the disk is full events wait, and are written when there is space again', async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, 'delivery.jsonl');
  await symlink('/dev/full', path);
  const said: string[] = [];
  const log: Log = { ...silentLog, error: (_, text) => void said.push(text) };
  await using trace = await createTrace({ folder: folder.path, clock: systemClock, log, retryMs: 20 });
  trace.record(delivered(id, 'ali@moh.example'));
  await waitFor('the failed write', () => said[0]);
  trace.record(delivered(id, 'siti@moh.example'));
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
  await symlink('/dev/full', join(folder.path, 'delivery.jsonl'));
  await using trace = await open(folder.path, { retryMs: 60_000 });
  for (let n = 0; n < 30_000; n++) trace.record(delivered(newMessageId(n), 'ali@moh.example'));
  await trace.flush();
  const { user, system } = process.cpuUsage();
  for (let n = 0; n < 100; n++) {
    trace.record(delivered(newMessageId(n), 'siti@moh.example'));
    await trace.flush();
  }
  const after = process.cpuUsage({ user, system });
  expect((after.user + after.system) / 100).toBeLessThan(1_000);
});

test('a disk that never answers holds nobody up for long', async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, 'delivery.jsonl');
  // Full after 64 KB, and nobody reads: the write waits, as on a network disk that is gone.
  execFileSync('mkfifo', [path]);
  const said: string[] = [];
  const log: Log = { ...silentLog, error: (_, text) => void said.push(text) };
  const trace = await createTrace({ folder: folder.path, clock: systemClock, log, patienceMs: 50 });
  for (let n = 0; n < 1_000; n++) trace.record(delivered(newMessageId(n), 'ali@moh.example'));
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
  const path = join(folder.path, 'delivery.jsonl');
  await symlink('/dev/full', path);
  const trace = await open(folder.path, { maxWaiting: 2_000, retryMs: 60_000 });
  for (let n = 0; n < 100; n++) trace.record(delivered(newMessageId(n), 'ali@moh.example'));
  const dropped = trace.lost;
  expect(dropped).toBeGreaterThan(80);
  expect(dropped).toBeLessThan(100);
  await trace[Symbol.asyncDispose]();
  expect(trace.lost).toBe(100);
});

test('a follower hears every event until it leaves, and one that fails harms nobody', async () => {
  await using folder = await tempFolder();
  await using trace = await open(folder.path);
  const leave = new AbortController();
  const heard: string[] = [];
  trace.follow(() => {
    throw new Error('a bug in a listener');
  }, new AbortController().signal);
  trace.follow((event) => heard.push(event.event), leave.signal);
  trace.record(delivered(id, 'ali@moh.example'));
  leave.abort();
  trace.record(delivered(id, 'siti@moh.example'));
  expect(heard).toEqual([`${id}/delivered/ali@moh.example/`]);
  expect(await trace.recent(10)).toHaveLength(2);
});

test('the last events are found over the borders of the blocks in which the file is read', async () => {
  await using folder = await tempFolder();
  await using trace = await open(folder.path);
  const ids = Array.from({ length: 3_000 }, (_, n) => newMessageId(n));
  for (const each of ids) trace.record(delivered(each, `${'long.'.repeat(10)}name@moh.example`));
  for (const count of [0, 1, 2_999, 3_000, 9_999]) {
    expect((await trace.recent(count)).map((event) => event.id)).toEqual(
      ids.slice(3_000 - Math.min(count, 3_000)),
    );
  }
  for (const each of [ids[0], ids[1_500], ids[2_999]])
    if (each) expect(await trace.find(each)).toHaveLength(1);
});

test('a folder that cannot be written is one clear line at the start', async () => {
  await using folder = await tempFolder();
  await mkdir(join(folder.path, 'delivery.jsonl'));
  const attempt = open(folder.path);
  await expect(attempt).rejects.toThrow(Problem);
  await expect(attempt).rejects.toThrow(/delivery\.jsonl cannot be written: EISDIR/);
});

test('ten thousand events cost little', async () => {
  await using folder = await tempFolder();
  await using trace = await open(folder.path);
  const before = process.cpuUsage();
  for (let n = 0; n < 10_000; n++) trace.record(delivered(id, 'ali@moh.example'));
  await trace.recent(1);
  const { user, system } = process.cpuUsage(before);
  // Measured at 3 µs; the bound leaves room for a machine that does other things.
  expect((user + system) / 10_000).toBeLessThan(40);
});
