/**
 * Reads the files of all writers as they grow: whole lines only, in order of day, each file from where it was left.
 * New days and new writers are found by looking; a look costs a listing and a few `stat`s, so it may be done often.
 *
 * A last line without an end is one that is being written, or was torn by a crash. It is waited for until the writer
 * has ended it at its next start, or a later day has begun and the file rests.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../lib/problem.ts';
import { type DayFile, isDayFile, listFiles } from './files.ts';

/** Whole lines of one file. */
export interface Piece {
  readonly file: string;
  /** Where the next piece of this file begins. */
  readonly end: number;
  readonly lines: readonly string[];
}

export interface TailOptions {
  /** The folder of the files. */
  readonly path: string;
  /** Octets read of each file. */
  readonly positions: ReadonlyMap<string, number>;
  /** A file is gone, and not all of it was read, or of those behind it. */
  readonly gone?: (file: string) => void;
}

export interface Tail {
  /**
   * What is there now and was not read, piece by piece. A piece counts as read when the next one is asked for: who stops
   * in the middle gets it again.
   */
  unread(): AsyncGenerator<Piece>;
  /** Octets that are there and were not read. */
  behind(): Promise<number>;
  /** Whether a file of a past day is read to its end. */
  isRead(file: string): Promise<boolean>;
  /** A file that was deleted on purpose. */
  forget(file: string): void;
}

const NEWLINE = 0x0a;
const PIECE_OCTETS = 256 * 1024;
/** A line longer than this is none of ours. */
const LONGEST_LINE = 64 * 1024 * 1024;
/** A file of a past day to which nothing was written for so long has no line that is being written. */
const REST_MS = 60_000;
/** Files of older days do not grow; every so many looks they are looked at all the same. */
const LOOKS_TO_ALL = 200;

export function createTail({ path, positions: start, gone = () => {} }: TailOptions): Tail {
  const positions = new Map(start);
  /** Octets of each file at the last look. */
  const sizes = new Map<string, number>();
  let looks = 0;

  async function* unread(): AsyncGenerator<Piece> {
    const files = await listFiles(path);
    noteGone(files);
    for (const file of grownAmong(files)) {
      const facts = await factsOf(join(path, file.name));
      if (!facts) {
        gone(file.name);
        continue;
      }
      // It was longer: put back from a backup, or begun again. Identities tell what is new in it.
      if (facts.size < positionOf(file.name)) positions.set(file.name, 0);
      sizes.set(file.name, facts.size);
      const isPast = file.day < (files.at(-1)?.day ?? file.day);
      const rests = isPast && Date.now() - facts.mtimeMs > REST_MS;
      for await (const piece of piecesOf(path, file.name, positionOf(file.name), facts.size, rests)) {
        yield piece;
        positions.set(file.name, piece.end);
      }
    }
  }

  const positionOf = (file: string): number => positions.get(file) ?? 0;

  /** New ones, those with something left, and those of the two last days. */
  function grownAmong(files: readonly DayFile[]): DayFile[] {
    if (looks++ % LOOKS_TO_ALL === 0) return [...files];
    const recent = [...new Set(files.map(({ day }) => day))].slice(-2);
    return files.filter(
      ({ name, day }) =>
        recent.includes(day) || sizes.get(name) === undefined || sizes.get(name) !== positionOf(name),
    );
  }

  function noteGone(files: readonly DayFile[]): void {
    const names = new Set(files.map(({ name }) => name));
    const lastKnown = [...sizes.keys()].sort().at(-1);
    for (const [name, size] of sizes) {
      if (names.has(name)) continue;
      // With the newest that is known others may have come and gone between two looks.
      if (size > positionOf(name) || name === lastKnown) gone(name);
      sizes.delete(name);
      positions.delete(name);
    }
  }

  async function leftIn(name: string): Promise<number> {
    const facts = await factsOf(join(path, name));
    return facts ? Math.max(0, facts.size - positionOf(name)) : 0;
  }

  return {
    unread,
    async behind() {
      let octets = 0;
      for (const { name } of await listFiles(path)) octets += await leftIn(name);
      return octets;
    },
    isRead: async (file) => (await leftIn(file)) === 0,
    forget(file) {
      sizes.delete(file);
      positions.delete(file);
    },
  };
}

/** `rests`: what stands behind the last line's end is a torn line, and is read as one. */
async function* piecesOf(
  path: string,
  file: string,
  from: number,
  size: number,
  rests: boolean,
): AsyncGenerator<Piece> {
  let position = from;
  let octets = PIECE_OCTETS;
  while (position < size) {
    const block = await readBlock(join(path, file), position, Math.min(octets, size - position));
    if (block === null || block.length === 0) return;
    const isLast = position + block.length >= size;
    const whole = block.lastIndexOf(NEWLINE) + 1;
    const taken = (rests && isLast) || (whole === 0 && block.length >= LONGEST_LINE) ? block.length : whole;
    if (taken === 0 && isLast) return;
    if (taken === 0) {
      octets *= 2;
      continue;
    }
    position += taken;
    octets = PIECE_OCTETS;
    yield { file, end: position, lines: linesOf(block.subarray(0, taken)) };
  }
}

function linesOf(block: Buffer): string[] {
  return block
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
}

/** Null: the file is not there. */
async function readBlock(path: string, position: number, length: number): Promise<Buffer | null> {
  try {
    await using file = await open(path, 'r');
    const block = Buffer.allocUnsafe(length);
    const { bytesRead } = await file.read(block, 0, length, position);
    return block.subarray(0, bytesRead);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

async function factsOf(path: string): Promise<{ readonly size: number; readonly mtimeMs: number } | null> {
  try {
    return await stat(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/**
 * The position behind the last whole line of each file: where one begins who wants to read only what comes. The files
 * are looked at before this returns, so that it is clear what is still to come.
 */
export function endsOf(path: string): Promise<Map<string, number>> {
  const sizes = sizesNow(path);
  return (async () => {
    const ends = new Map<string, number>();
    for (const [name, size] of sizes) ends.set(name, await lastLineEnd(join(path, name), size));
    return ends;
  })();
}

function sizesNow(path: string): Map<string, number> {
  const sizes = new Map<string, number>();
  if (!existsSync(path)) return sizes;
  for (const name of readdirSync(path)) {
    const size = isDayFile(name) ? statSync(join(path, name), { throwIfNoEntry: false })?.size : undefined;
    if (size !== undefined) sizes.set(name, size);
  }
  return sizes;
}

async function lastLineEnd(path: string, size: number): Promise<number> {
  for (let end = size; end > 0; end -= PIECE_OCTETS) {
    const from = Math.max(0, end - PIECE_OCTETS);
    const block = await readBlock(path, from, end - from);
    const newline = block?.lastIndexOf(NEWLINE) ?? -1;
    if (newline >= 0) return from + newline + 1;
  }
  return 0;
}
