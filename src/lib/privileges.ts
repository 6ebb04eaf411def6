/**
 * Giving up root. The server starts as root only to bind its ports and to read a private key; from then on it is an
 * ordinary user for good: there is no way back, which is tried. All of this is synchronous, so that nothing of the
 * server runs between two steps. The one exception is a program that its user could not read (`staysRoot`).
 */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Problem } from './problem.ts';
import { readSystemUsers, type SystemUser } from './system-users.ts';

/** New files: the group may read, others nothing. */
const UMASK = 0o027;

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Throws a Problem when there is no such user, or when it is root itself. */
export function findServerUser(name: string): SystemUser {
  const user = readSystemUsers().find((candidate) => candidate.name === name);
  if (!user) {
    throw new Problem(
      `user: "${name}" does not exist on this machine; run: node bin/setup.js, or set another user`,
    );
  }
  if (user.uid === 0 || user.gid === 0) {
    throw new Problem(`user: "${name}" has the rights of root; set an ordinary user, such as geganti`);
  }
  return user;
}

/**
 * Whether a server that is started as root has to stay root, because its user cannot enter the folder where it lies (a
 * clone below /root): libraries load parts of themselves when they are first needed. Throws as `findServerUser` does.
 */
export function staysRoot(userName: string, programFolder: string): boolean {
  return isRoot() && !canEnter(findServerUser(userName), programFolder);
}

function canEnter(user: SystemUser, folder: string): boolean {
  const { uid, gid, groupIds } = user;
  const { mode, uid: owner, gid: group } = statSync(folder);
  const inGroup = group === gid || groupIds.includes(group);
  const mayEnter = (mode & (owner === uid ? 0o100 : inGroup ? 0o010 : 0o001)) !== 0;
  return mayEnter && (dirname(folder) === folder || canEnter(user, dirname(folder)));
}

/**
 * As root: becomes this user, with its groups and no others. As anybody else: does nothing, the rights are few
 * already. Throws a Problem for a user that cannot serve, and an error when the rights did not go.
 */
export function dropPrivileges({ user: name }: { readonly user: string }): void {
  if (!isRoot()) return;
  const user = findServerUser(name);
  process.setgroups?.([...user.groupIds]);
  process.setgid?.(user.gid);
  process.setuid?.(user.uid);
  process.umask(UMASK);
  checkDropped(user);
}

function checkDropped(user: SystemUser): void {
  const ids = [process.getuid?.(), process.geteuid?.()].every((id) => id === user.uid);
  const groups = [process.getgid?.(), process.getegid?.()].every((id) => id === user.gid);
  const inRootGroup = process.getgroups?.().includes(0) ?? false;
  const back = succeeds(() => process.setuid?.(0)) || succeeds(() => process.setgid?.(0));
  if (!ids || !groups || inRootGroup || back)
    throw new Error(`the rights of root did not go (user ${user.name})`);
}

function succeeds(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
