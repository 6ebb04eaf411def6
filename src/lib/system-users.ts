/** The users of this machine, read from /etc/passwd and /etc/group: Node has no lookup by name. */
import { readFileSync } from 'node:fs';
import { Problem } from './problem.ts';

export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Name of the user's own group. */
  readonly group: string;
  /** Of all its groups, its own first. */
  readonly groupIds: readonly number[];
}

/** Whose the mailboxes are: the first of these that exists. */
export const MAILBOX_OWNERS: readonly string[] = ['geganti-mail', 'mail'];

/** The first of these that exists. Throws a Problem when none of them does. */
export function firstSystemUser(names: readonly string[]): SystemUser {
  const known = readSystemUsers();
  for (const name of names) {
    const user = known.find((candidate) => candidate.name === name);
    if (user) return user;
  }
  throw new Problem(`user ${names[0]}: does not exist on this machine; run: node bin/setup.js`);
}

export function readSystemUsers(): SystemUser[] {
  const groups = readRows('/etc/group').map(([name = '', , gid, members = '']) => {
    return { name, gid: Number(gid), members: members.split(',') };
  });
  const users: SystemUser[] = [];
  for (const [name, , uidText, gidText] of readRows('/etc/passwd')) {
    if (name === undefined || uidText === undefined || gidText === undefined) continue;
    const gid = Number(gidText);
    const group = groups.find((candidate) => candidate.gid === gid)?.name ?? gidText;
    const others = groups.filter(({ members }) => members.includes(name)).map((other) => other.gid);
    users.push({ name, uid: Number(uidText), gid, group, groupIds: [...new Set([gid, ...others])] });
  }
  return users;
}

function readRows(file: string): string[][] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(':'));
}
