/**
 * The data folder as the unprivileged server needs it. Only root can do this; it is done at each start, by whoever
 * starts as root, before anything else uses the folder.
 *
 *   data                 root             0755   others may enter, not write
 *   run                  root, our group  1775   our sockets; what belongs to others (sticky) cannot be replaced by us
 *   log                  root, our group  0750   the programs' logs are opened by the supervisor
 *   log/delivery, spool, quarantine, trace, directory      ours, with all in them
 *
 * Folders that root left (a version that stayed root, a restore) are taken over with all in them, their top last, so
 * that one cut short is begun again. Links are never followed: whatever lies there changes hands itself.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { findServerUser, isRoot } from './privileges.ts';
import { errorCode, messageOf, Problem } from './problem.ts';
import type { SystemUser } from './system-users.ts';

const OWN_FOLDERS: readonly (readonly [name: string, mode: number])[] = [
  ['log/delivery', 0o750],
  ['spool', 0o700],
  ['quarantine', 0o700],
  ['trace', 0o700],
  // Dovecot's worker that reads it runs as our user.
  ['directory', 0o750],
];
/** Where a version before wrote what is in a folder now. */
const OWN_FILES: readonly string[] = ['log/delivery.jsonl'];
const ROOT = { uid: 0, gid: 0 };

export interface DataDeps {
  /** Absolute path of the data folder. */
  readonly data: string;
  /** Name of the server's user. */
  readonly user: string;
}

/** Throws a Problem when the folder cannot be trusted or cannot be had. */
export function prepareData({ data, user: name }: DataDeps): void {
  checkDataFolder(data);
  if (!isRoot()) return;
  const user = findServerUser(name);
  try {
    makeFolder(data, ROOT, 0o755);
    makeFolder(join(data, 'run'), { uid: 0, gid: user.gid }, 0o1775);
    makeFolder(join(data, 'log'), { uid: 0, gid: user.gid }, 0o750);
    for (const [folder, mode] of OWN_FOLDERS) takeFolder(join(data, folder), user, mode);
    for (const file of OWN_FILES) takeFile(join(data, file), user);
  } catch (error) {
    if (error instanceof Problem || errorCode(error) === null) throw error;
    throw new Problem(`data: ${messageOf(error)}; check the disk, or set another data folder`);
  }
}

/** A Problem when everybody may write there, and so replace any folder in it. One that does not exist is fine. */
export function checkDataFolder(data: string): void {
  const found = statSync(data, { throwIfNoEntry: false });
  if (found?.isDirectory() && (found.mode & 0o002) !== 0) {
    throw new Problem(`data: everybody may write into "${data}"; run: chmod o-w ${data}`);
  }
}

function makeFolder(path: string, owner: { readonly uid: number; readonly gid: number }, mode: number): void {
  mkdirSync(path, { recursive: true, mode: 0o755 });
  inFolder(path, (folder) => {
    const { uid, gid } = fstatSync(folder);
    if (uid !== owner.uid || gid !== owner.gid) fchownSync(folder, owner.uid, owner.gid);
    fchmodSync(folder, mode);
  });
}

function takeFolder(path: string, user: SystemUser, mode: number): void {
  mkdirSync(path, { recursive: true, mode });
  inFolder(path, (folder) => {
    const { uid } = fstatSync(folder);
    if (uid !== user.uid && uid !== ROOT.uid) {
      throw new Problem(
        `user: "${user.name}" is not the owner of ${path}, user ${uid} is; run: chown -R ${user.name}: ${path}, or set that user`,
      );
    }
    if (uid === ROOT.uid) takeTree(path, user);
    fchmodSync(folder, mode);
  });
}

/**
 * A folder with all in it, its top last. Only for what root owns: nobody else could have put anything there meanwhile. So
 * a folder in it that somebody else owns is not entered: its owner could lead us elsewhere. What was taken over before a
 * start that was cut short is whole.
 */
export function takeTree(path: string, user: SystemUser): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const child = join(path, entry.name);
    if (entry.isDirectory() && lstatSync(child).uid === ROOT.uid) takeTree(child, user);
    else lchownSync(child, user.uid, user.gid);
  }
  lchownSync(path, user.uid, user.gid);
}

function takeFile(path: string, user: SystemUser): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.uid === ROOT.uid) lchownSync(path, user.uid, user.gid);
}

/**
 * Opened: a name could stand for something else a moment later, and a link in a folder's place would hand whatever it
 * points to over to our user.
 */
function inFolder(path: string, work: (folder: number) => void): void {
  const folder = openFolder(path);
  try {
    work(folder);
  } finally {
    closeSync(folder);
  }
}

function openFolder(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    if (errorCode(error) !== 'ENOTDIR' && errorCode(error) !== 'ELOOP') throw error;
    throw new Problem(`${path}: is not a folder; move it away`);
  }
}
