/**
 * Folders with the owner and rights that a service needs, made again at each start so that a change of users heals. Some
 * lie where others may write (our `run`, /dev/shm): what is looked at and what is changed is therefore one opened folder,
 * never a name that may stand for something else a moment later.
 */
import { constants, rmSync } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, stat, statfs, unlink } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import { isRoot } from '../lib/privileges.ts';
import { errorCode, Problem } from '../lib/problem.ts';
import { formatSize } from '../lib/units.ts';

export interface Rights {
  readonly mode: number;
  /** Only root can give a folder away; anybody else keeps it. */
  readonly owner: { readonly uid: number; readonly gid: number };
}

export async function makeFolder(path: string, rights: Rights): Promise<string> {
  try {
    return await makeOrMend(path, rights);
  } catch (error) {
    const reason = REASONS[errorCode(error) ?? ''];
    if (reason === undefined) throw error;
    throw new Problem(`data: folder "${path}" ${reason}`);
  }
}

/** The faults that people cause and cure. */
const REASONS: Readonly<Record<string, string>> = {
  EEXIST: 'is not a folder; move it away, or set another data folder',
  ELOOP: 'is not a folder; move it away, or set another data folder',
  ENOTDIR: 'is below something that is not a folder; set another data folder',
  EACCES: 'may not be used by this user; change its owner, or set another data folder',
  EPERM: 'belongs to another user; change its owner, or set another data folder',
  EROFS: 'is on a disk that is read-only; set another data folder',
  ENOENT: 'cannot be made there; set another data folder',
  ENOSPC: 'cannot be made: the disk is full; free some space, or set another data folder',
  EDQUOT: 'cannot be made: the disk quota is used up; free some space, or set another data folder',
};

async function makeOrMend(path: string, { mode, owner }: Rights): Promise<string> {
  await mkdir(path, { recursive: true, mode: 0o755 });
  await using folder = await openFolder(path);
  const { uid } = await folder.stat();
  if (isRoot()) {
    // Made by somebody who may write there: to read what comes into it, or with something in it.
    if (uid !== 0 && uid !== owner.uid && (await othersWriteIn(dirname(path)))) {
      throw new Problem(`${path}: belongs to another user; remove it`);
    }
    await folder.chown(owner.uid, owner.gid);
  }
  await folder.chmod(mode);
  return path;
}

/** A link in its place would hand whatever it points to over to the service's user. */
async function openFolder(path: string): Promise<FileHandle> {
  if (!(await lstat(path)).isDirectory()) throw new Problem(`${path}: is not a folder; move it away`);
  return await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
}

async function othersWriteIn(folder: string): Promise<boolean> {
  const { uid, mode } = await stat(folder);
  return uid !== 0 || (mode & 0o022) !== 0;
}

/**
 * A folder with all in it, whoever owns it: this call goes from open folder to open folder and takes no link for one
 * (`rm` of fs/promises goes by names, and so could be led elsewhere meanwhile).
 */
export function removeFolder(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

/** Throws a Problem when services under users of their own could not reach the folder. */
export async function checkEnterable(data: string): Promise<void> {
  for (let folder = dirname(data); ; folder = dirname(folder)) {
    const found = await stat(folder).catch(() => null);
    if (found && !found.isDirectory()) {
      throw new Problem(`data: "${data}" is below ${folder}, which is not a folder; set another data folder`);
    }
    if (found && (found.mode & 0o001) === 0) {
      throw new Problem(
        `data: "${data}" is below ${folder}, which the services' users cannot enter; set another folder, such as /var/lib/geganti`,
      );
    }
    if (folder === sep) return;
  }
}

/** What the parts write while they start, with room to spare. */
const startBytes = 8 * 1024 * 1024;

/** Throws a Problem when the disk has no room to start. */
export async function checkRoom(data: string): Promise<void> {
  const { bavail, bsize } = await statfs(data);
  const freeBytes = bavail * bsize;
  if (freeBytes >= startBytes) return;
  throw new Problem(
    `data: the disk of "${data}" is full (${formatSize(freeBytes)} free); make room for ${formatSize(startBytes)}, or set another data folder`,
  );
}

const tmpfsMagic = 0x01021994;

/** Whether the folder lies in memory and has this much room. */
export async function isRoomyTmpfs(folder: string, bytes: number): Promise<boolean> {
  const found = await statfs(folder).catch(() => null);
  return found !== null && found.type === tmpfsMagic && found.bavail * found.bsize >= bytes;
}

/** Removes a socket that an earlier process left; anything else in its place is a Problem. */
export async function removeStaleSocket(path: string): Promise<void> {
  const found = await lstat(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  });
  if (!found) return;
  if (!found.isSocket()) throw new Problem(`${path}: is in the place of a socket; move it away`);
  await unlink(path);
}
