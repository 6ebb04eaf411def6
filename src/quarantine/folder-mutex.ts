/**
 * Changes of a folder that several processes share, one at a time. A kernel lock on a file in it, which dies with its
 * process however that ends. SQLite takes it for us, since Node has no call for file locks; nothing is stored in it.
 *
 * NOTE: such a lock is lost when its process closes another descriptor of the same file: nothing else may open it.
 */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../lib/clock.ts';
import { errorCode } from '../lib/problem.ts';

/** SQLITE_BUSY */
const BUSY = 5;
const POLL_MS = 5;
/** Longer than any change takes on a disk that works. */
const PATIENCE_MS = 30_000;

export interface FolderMutex extends Disposable {
  /** Rejects with what `work` throws, or when another process does not let go in time. */
  alone<T>(work: () => Promise<T>): Promise<T>;
}

export function createFolderMutex(folder: string, clock: Clock): FolderMutex {
  const path = join(folder, '.lock');
  createOnce(path);
  const database = new DatabaseSync(path, { timeout: 0 });
  let tail: Promise<unknown> = Promise.resolve();

  const lock = async (): Promise<void> => {
    const untilMs = clock.elapsedMs() + PATIENCE_MS;
    while (!tryLock(database)) {
      if (clock.elapsedMs() > untilMs) throw new Error(`${path} is held by another process`);
      await clock.sleep(POLL_MS);
    }
  };

  return {
    alone(work) {
      const mine = tail.then(async () => {
        await lock();
        try {
          return await work();
        } finally {
          database.exec('ROLLBACK');
        }
      });
      tail = mine.catch(() => {});
      return mine;
    },
    [Symbol.dispose]: () => database.close(),
  };
}

function createOnce(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

function tryLock(database: DatabaseSync): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === BUSY) return false;
    throw error;
  }
}
