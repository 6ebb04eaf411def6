/**
 * The system users that services run under, read from /etc/passwd and /etc/group: Node has no lookup by name.
 * Only root can start a program under another user; for everybody else every program runs as oneself.
 */
import { readFile } from 'node:fs/promises';
import { Problem } from '../lib/problem.ts';

export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Name of the user's own group. */
  readonly group: string;
}

export interface Users {
  readonly root: boolean;
  readonly self: SystemUser;
  /** The first of these that exists; oneself when not root. Throws a Problem when none of them exists. */
  serviceUser(...names: string[]): SystemUser;
}

export async function readUsers(): Promise<Users> {
  const known = await readPasswd();
  const uid = process.getuid?.() ?? 0;
  const root = uid === 0;
  const self = known.find((user) => user.uid === uid);
  if (!self) throw new Problem(`user ${uid}: not in /etc/passwd; Dovecot needs a name for it, add one`);
  return {
    root,
    self,
    serviceUser(...names) {
      if (!root) return self;
      for (const name of names) {
        const user = known.find((candidate) => candidate.name === name);
        if (user) return user;
      }
      throw new Problem(`user ${names[0]}: does not exist on this machine; run: node bin/setup.js`);
    },
  };
}

async function readPasswd(): Promise<SystemUser[]> {
  const groups = new Map<number, string>();
  for (const [name, , gid] of await readRows('/etc/group')) {
    if (name !== undefined && gid !== undefined) groups.set(Number(gid), name);
  }
  const users: SystemUser[] = [];
  for (const [name, , uid, gid] of await readRows('/etc/passwd')) {
    if (name === undefined || uid === undefined || gid === undefined) continue;
    users.push({ name, uid: Number(uid), gid: Number(gid), group: groups.get(Number(gid)) ?? gid });
  }
  return users;
}

async function readRows(file: string): Promise<string[][]> {
  const text = await readFile(file, 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(':'));
}
