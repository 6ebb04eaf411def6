/**
 * Files whose octets must survive power loss. A thin layer over node:fs that names the four steps which count
 * (write, sync the file, rename, sync the folder) so that tests can record their order or make one of them fail.
 *
 * - A new name in a folder is durable only after `Folder.sync`; the content of a file only after `OpenFile.sync`.
 * - After a failed write or sync a file is not to be trusted again: the kernel may drop the pages and report once.
 * - Everything is made for its owner alone (0600, folders 0700).
 */

import { statfsSync } from 'node:fs';
import { constants, type FileHandle, mkdir, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from './problem.ts';

export interface OpenFile {
  /** Octets written: fewer than were given, without an error, when the disk fills up. */
  write(buffers: readonly Buffer[], position: number): Promise<number>;
  /** Up to `length` octets; fewer at the end of the file. */
  read(length: number, position: number): Promise<Buffer>;
  truncate(lengthBytes: number): Promise<void>;
  /** fdatasync: content and length. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface Folder {
  readonly path: string;
  /** Makes names durable. Whoever waits when a sync begins is served by it. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface Files {
  /** A new file; EEXIST when the name is taken. */
  create(path: string): Promise<OpenFile>;
  /** For writing; made when it is not there. */
  openForWriting(path: string): Promise<OpenFile>;
  openForReading(path: string): Promise<OpenFile>;
  openFolder(path: string): Promise<Folder>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Of the file system of `path`, as this user may use it: the scarcer of space and inodes. */
  freePercent(path: string): number;
}

export const systemFiles: Files = {
  create: async (path) => wrap(await open(path, 'wx', 0o600)),
  openForWriting: async (path) => wrap(await open(path, constants.O_WRONLY | constants.O_CREAT, 0o600)),
  openForReading: async (path) => wrap(await open(path, 'r')),
  async openFolder(path) {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const handle = await open(path, 'r');
    return { path, sync: shared(() => handle.sync()), close: () => handle.close() };
  },
  rename,
  unlink,
  freePercent(path) {
    const { blocks, bfree, bavail, files, ffree } = statfsSync(path);
    const space = bavail / Math.max(1, blocks - bfree + bavail);
    // Some file systems have no fixed number of inodes and say 0.
    const inodes = files > 0 ? ffree / files : 1;
    return 100 * Math.min(space, inodes);
  },
};

function wrap(handle: FileHandle): OpenFile {
  return {
    write: async (buffers, position) => (await handle.writev(buffers, position)).bytesWritten,
    async read(length, position) {
      const buffer = Buffer.allocUnsafe(length);
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return buffer.subarray(0, filled);
    },
    truncate: (lengthBytes) => handle.truncate(lengthBytes),
    sync: () => handle.datasync(),
    close: () => handle.close(),
  };
}

/** A short write that is no error to the kernel; to us the disk is full. */
class ShortWrite extends Error {
  readonly code = 'ENOSPC';
}

/** Writes every octet or throws. */
export async function writeAll(file: OpenFile, buffers: readonly Buffer[], position: number): Promise<void> {
  let length = 0;
  for (const buffer of buffers) length += buffer.length;
  const written = await file.write(buffers, position);
  if (written !== length) throw new ShortWrite(`short write: ${written} of ${length} octets`);
}

/** No space, quota or room left in the file: trouble that passes when something is removed. */
export function isDiskFull(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
}

/** A small file that is there whole or not at all, whatever happens. Replaces one of the same name. */
export async function writeFileDurably(files: Files, path: string, content: string | Buffer): Promise<void> {
  const draft = `${path}.tmp`;
  const file = await files.openForWriting(draft);
  try {
    await file.truncate(0);
    await writeAll(file, [Buffer.from(content)], 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await files.rename(draft, path);
  await syncFolder(files, dirname(path));
}

/** For a folder that is not kept open. */
export async function syncFolder(files: Files, path: string): Promise<void> {
  const folder = await files.openFolder(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/**
 * One run at a time. A call that comes during a run waits for the next one, since the run under way may have
 * begun before what the caller wants to have synced.
 */
export function shared(run: () => Promise<void>): () => Promise<void> {
  let current: Promise<void> | null = null;
  let following: Promise<void> | null = null;
  const start = (): Promise<void> => {
    current = run().finally(() => {
      current = null;
    });
    return current;
  };
  return () => {
    if (following) return following;
    if (!current) return start();
    following = current.then(ignore, ignore).then(() => {
      following = null;
      return start();
    });
    return following;
  };
}

function ignore(): void {}
