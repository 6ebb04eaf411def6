/**
 * Copies files and knows what it has copied. Links are neither followed nor copied, not on the way to a file either: the
 * server's user may write in the folders that are copied, and we may be root. So paths are given without links (`realpath`),
 * and what is opened must be what the path says. Each file costs a handful of short calls, made without leaving the
 * thread; between files, and within large ones, others get their turn.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { isRoot } from '../lib/privileges.ts';
import { errorCode, Problem } from '../lib/problem.ts';
import type { CopiedFile, FileTable } from './manifest.ts';

const CHUNK_BYTES = 1024 * 1024;
/** How long others may wait for their turn. */
const TURN_MS = 50;

export interface Copier {
  /** What was copied, by its path below `to`. */
  readonly files: FileTable;
  readonly to: string;
  /** One file, over one of that name, as long as it is now. False: it is not there (any more), or is no file. */
  file(from: string, name: string): Promise<boolean>;
  /** A folder with all in it, as far as it stays. */
  tree(from: string, name: string): Promise<void>;
  /** A file that another program has written below `to`. */
  note(name: string): Promise<void>;
}

export interface CopierDeps {
  readonly to: string;
  /** Gives others their turn, now and then; `createTurns`. */
  readonly turn: () => Promise<void>;
  /** After each file. */
  readonly copied: () => void;
}

export function createCopier({ to, turn, copied }: CopierDeps): Copier {
  const files: FileTable = new Map();

  const note = (name: string, file: CopiedFile): void => {
    files.set(name, file);
    copied();
  };
  const copier: Copier = {
    files,
    to,
    async file(from, name) {
      const source = openSource(from);
      if (source === null) return false;
      const target = join(to, name);
      mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
      const output = openSync(target, 'w', 0o600);
      try {
        note(name, await pump(source, output, turn));
      } finally {
        closeSync(source);
        closeSync(output);
      }
      return true;
    },
    async tree(from, name) {
      for (const entry of entriesOf(from)) {
        const [source, target] = [join(from, entry.name), join(name, entry.name)];
        if (entry.isDirectory()) await copier.tree(source, target);
        else if (entry.isFile()) await copier.file(source, target);
      }
    },
    async note(name) {
      const file = await hashFile(join(to, name), turn);
      if (file === null) throw new Error(`${name} was not written`);
      note(name, file);
    },
  };
  return copier;
}

/** Null: there is no such file. */
export async function hashFile(path: string, turn: () => Promise<void>): Promise<CopiedFile | null> {
  const source = openSource(path);
  if (source === null) return null;
  try {
    return await pump(source, null, turn);
  } finally {
    closeSync(source);
  }
}

/** What a folder holds; nothing when it is not there. A Problem when a link leads there. */
export function entriesOf(folder: string) {
  try {
    if (isRoot() && lstatSync(folder).isSymbolicLink()) {
      throw new Problem(`${folder}: is a link and no folder; move it away`);
    }
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Gives others their turn from time to time; throws when the work is to end. */
export function createTurns(signal: AbortSignal): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (signal.aborted) throw new Problem('interrupted; what was written so far is of no use, remove it');
    if (performance.now() - last < TURN_MS) return;
    await new Promise((resolve) => setImmediate(resolve));
    last = performance.now();
  };
}

function openSource(path: string): number | null {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if (fstatSync(file).isFile() && isAt(file, path)) return file;
    closeSync(file);
    return null;
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ELOOP') return null;
    throw error;
  }
}

/** A folder on the way may have been exchanged for a link: then it is another file. Anybody but root may read no more that way. */
function isAt(file: number, path: string): boolean {
  return !isRoot() || readlinkSync(`/proc/self/fd/${file}`) === path;
}

const buffer = Buffer.allocUnsafe(CHUNK_BYTES);

async function pump(source: number, output: number | null, turn: () => Promise<void>): Promise<CopiedFile> {
  const hash = createHash('sha256');
  const { size } = fstatSync(source);
  let bytes = 0;
  for (;;) {
    // Not past its present size: a file that grows as fast as it is read would never end.
    const read = readSync(source, buffer, 0, Math.min(CHUNK_BYTES, size - bytes), bytes);
    if (read === 0) break;
    const chunk = buffer.subarray(0, read);
    hash.update(chunk);
    for (let at = 0; output !== null && at < read; ) at += writeSync(output, chunk, at);
    bytes += read;
    await turn();
  }
  await turn();
  return { bytes, sha256: hash.digest('hex') };
}
