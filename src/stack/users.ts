/**
 * The system users that services run under. Only root can start a program under another user; for everybody else every
 * program runs as oneself.
 */
import { isRoot } from '../lib/privileges.ts';
import { Problem } from '../lib/problem.ts';
import { firstSystemUser, readSystemUsers, type SystemUser } from '../lib/system-users.ts';

export interface Users {
  readonly root: boolean;
  readonly self: SystemUser;
  /** The first of these that exists; oneself when not root. Throws a Problem when none of them exists. */
  serviceUser(...names: string[]): SystemUser;
}

export function readUsers(): Users {
  const uid = process.getuid?.() ?? 0;
  const root = isRoot();
  const self = readSystemUsers().find((user) => user.uid === uid);
  if (!self) throw new Problem(`user ${uid}: not in /etc/passwd; Dovecot needs a name for it, add one`);
  return {
    root,
    self,
    serviceUser: (...names) => (root ? firstSystemUser(names) : self),
  };
}
