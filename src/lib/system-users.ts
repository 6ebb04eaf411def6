/** The users of this machine, read from /etc/passwd and /etc/group: Node has no lookup by name. */
import { readFileSync } from 'node:fs';

export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Name of the user's own group. */
  readonly group: string;
  /** Of all its groups, its own first. */
  readonly groupIds: readonly number[];
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
