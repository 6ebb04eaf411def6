import { appendFile, mkdir, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { createTail, endsOf, type Tail, type TailOptions } from './tail.ts';

const open = (path: string, more: Partial<TailOptions> = {}): Tail =>
  createTail({ path, positions: new Map(), ...more });

async function linesOf(tail: Tail): Promise<string[]> {
  let lines: string[] = [];
  for await (const piece of tail.unread()) lines = lines.concat(piece.lines);
  return lines;
}

test('all writers are read in order of day, each line once, also of days and writers that come later', async () => {
  await using folder = await tempFolder();
  const write = (name: string, text: string): Promise<void> => appendFile(join(folder.path, name), text);
  const tail = open(folder.path);
  expect(await linesOf(tail)).toEqual([]);
  await write('2026-11-25.receive.jsonl', 'c\n');
  await write('2026-11-24.work.jsonl', 'b\n');
  await write('2026-11-24.receive.jsonl', 'a\n\n');
  await write('2026-11-24.receive.jsonl.gz', 'no\n');
  expect(await linesOf(tail)).toEqual(['a', 'b', 'c']);
  await write('2026-11-25.receive.jsonl', 'd\n');
  await write('2026-11-26.work.jsonl', 'e\n');
  expect(await linesOf(tail)).toEqual(['d', 'e']);
  expect(await linesOf(tail)).toEqual([]);
});

test('a folder that is not there yet is empty', async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, 'delivery');
  const tail = open(path);
  expect(await linesOf(tail)).toEqual([]);
  await mkdir(path);
  await writeFile(join(path, '2026-11-24.main.jsonl'), 'a\n');
  expect(await linesOf(tail)).toEqual(['a']);
});

test('a line without its end is waited for, however long it is', async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, '2026-11-24.main.jsonl');
  const long = 'x'.repeat(900_000);
  await writeFile(path, `a\n${long}`);
  const tail = open(folder.path);
  expect(await linesOf(tail)).toEqual(['a']);
  expect(await tail.behind()).toBe(900_000);
  await appendFile(path, 'y\nb');
  expect(await linesOf(tail)).toEqual([`${long}y`]);
  expect(await tail.isRead('2026-11-24.main.jsonl')).toBe(false);
});

test('a line torn by a crash is read as it is once a later day has begun and the file rests', async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, '2026-11-24.main.jsonl');
  await writeFile(path, 'a\ntorn');
  const tail = open(folder.path);
  expect(await linesOf(tail)).toEqual(['a']);
  await writeFile(join(folder.path, '2026-11-25.work.jsonl'), 'b\n');
  expect(await linesOf(tail)).toEqual(['b']);
  await utimes(path, 1_700_000_000, 1_700_000_000);
  expect(await linesOf(tail)).toEqual(['torn']);
  expect(await tail.isRead('2026-11-24.main.jsonl')).toBe(true);
});

test('who stops in the middle gets the same piece again', async () => {
  await using folder = await tempFolder();
  const line = 'x'.repeat(99_999);
  await writeFile(join(folder.path, '2026-11-24.main.jsonl'), `${line}\n`.repeat(10));
  const tail = open(folder.path);
  const failing = async (): Promise<void> => {
    let pieces = 0;
    for await (const _ of tail.unread()) if (++pieces === 2) throw new Error('the database is away');
  };
  await expect(failing()).rejects.toThrow('away');
  expect(await linesOf(tail)).toHaveLength(8);
});

test('one who begins at the ends reads what comes, from the start of a line', async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, '2026-11-24.main.jsonl');
  const half = 'x'.repeat(300_000);
  await writeFile(path, `old\n${half}`);
  await writeFile(join(folder.path, '2026-11-24.work.jsonl'), half);
  const tail = open(folder.path, { positions: await endsOf(folder.path) });
  await appendFile(path, 'y\nnew\n');
  await appendFile(join(folder.path, '2026-11-24.work.jsonl'), 'z\n');
  expect(await linesOf(tail)).toEqual([`${half}y`, 'new', `${half}z`]);
});

test('a file that is gone before it was read is told, one that was read is not', async () => {
  await using folder = await tempFolder();
  const gone: string[] = [];
  const tail = open(folder.path, { gone: (file) => gone.push(file) });
  for (const day of [22, 23, 24])
    await writeFile(join(folder.path, `2026-11-${day}.main.jsonl`), 'a\n'.repeat(200_000));
  for await (const piece of tail.unread()) if (piece.file.includes('-23')) break;
  await rm(join(folder.path, '2026-11-22.main.jsonl'));
  await rm(join(folder.path, '2026-11-23.main.jsonl'));
  expect(await linesOf(tail)).toHaveLength(200_000);
  expect(gone).toEqual(['2026-11-23.main.jsonl']);
});

test('a file that became shorter is read again from its start', async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, '2026-11-24.main.jsonl');
  await writeFile(path, 'a\nb\nc\n');
  const tail = open(folder.path);
  await linesOf(tail);
  await truncate(path, 2);
  expect(await linesOf(tail)).toEqual(['a']);
});
