/**
 * One owner for a folder. The lock is a kernel lock on a file in it and dies with its process, however that ends;
 * a file that only exists would outlive a crash. SQLite takes it for us, since Node has no call for file locks.
 *
 * NOTE: such a lock is lost when its process closes any other descriptor of the same file; so the file is never
 * opened here once it exists, and nothing else may touch it.
 */
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { errorCode, Problem } from './problem.ts';

/** SQLITE_BUSY */
const BUSY = 5;

/** `what` names the folder's part in the Problem that a second owner gets: "spool". */
export function lockFolder(what: string, folder: string): Disposable {
  const path = join(folder, 'lock');
  const ownerPath = join(folder, 'owner');
  createOnce(path);
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    // In memory: a lock must be had on a full disk, too.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (!isBusy(error)) throw error;
    const owner = readOwner(ownerPath);
    throw new Problem(`${what}: ${folder} is in use by ${owner} (stop it first, or set another folder)`);
  }
  noteOwner(ownerPath);
  let held = true;
  return {
    [Symbol.dispose]() {
      if (!held) return;
      held = false;
      rmSync(ownerPath, { force: true });
      database.close();
    },
  };
}

function createOnce(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === BUSY;
}

/** Only a courtesy to people: on a full disk the lock holds without it. */
function noteOwner(path: string): void {
  try {
    writeFileSync(path, `${process.pid}\n`, { mode: 0o600 });
  } catch {}
}

function readOwner(path: string): string {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    return pid > 0 ? `process ${pid}` : 'another process';
  } catch {
    return 'another process';
  }
}
