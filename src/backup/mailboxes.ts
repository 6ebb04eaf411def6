/**
 * Mailboxes, copied by Dovecot's own tool while it serves them (`doveadm backup`), a Maildir for each user. Needs the
 * running Dovecot of `geganti up`. Their way back is a copy of the files, before Dovecot starts.
 */
import { chownSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { isRoot } from '../lib/privileges.ts';
import { Problem } from '../lib/problem.ts';
import { firstSystemUser, MAILBOX_OWNERS, type SystemUser } from '../lib/system-users.ts';
import { type Copier, entriesOf } from './copy.ts';
import { type RunOptions, run } from './programs.ts';

type Programs = Pick<RunOptions, 'env' | 'signal'>;

/** How many were copied. */
export async function copyMailboxes(data: string, copier: Copier, programs: Programs): Promise<number> {
  const config = join(data, 'run', 'config', 'dovecot.conf');
  const doveadm = (...args: string[]): Promise<string> =>
    run('doveadm', ['-c', config, ...args], { ...programs, from: 'dovecot-core' });
  if (!existsSync(config) || !existsSync(join(data, 'run', 'imap', 'master.pid'))) {
    throw new Problem(
      `mailboxes: no Dovecot of "geganti up" runs on ${data}; start it, or leave --mailboxes out and copy them with your mailbox server's own tools`,
    );
  }
  const owner = mailUser();
  if (owner) checkEnterable(copier.to);
  const folder = join(copier.to, 'mailboxes');
  mkdirSync(folder, { mode: 0o711 });
  const users = linesOf(await doveadm('user', '*'));
  for (const user of users) {
    const id = basename((await doveadm('user', '-f', 'home', user)).trim());
    const home = join(folder, id);
    mkdirSync(home, { mode: 0o700 });
    if (owner) chownSync(home, owner.uid, owner.gid);
    await doveadm('backup', '-u', user, `maildir:${home}/Maildir`);
    await noteTree(copier, `mailboxes/${id}`);
  }
  return users.length;
}

/** Who owns mailboxes when root restores them; null: whoever we are. */
export function mailUser(): SystemUser | null {
  return isRoot() ? firstSystemUser(MAILBOX_OWNERS) : null;
}

async function noteTree(copier: Copier, name: string): Promise<void> {
  for (const entry of entriesOf(join(copier.to, name))) {
    const path = `${name}/${entry.name}`;
    if (entry.isDirectory()) await noteTree(copier, path);
    else if (entry.isFile()) await copier.note(path);
  }
}

/** Dovecot writes as the mailboxes' owner. */
function checkEnterable(folder: string): void {
  for (let at = folder; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) {
      throw new Problem(
        `${folder}: is below ${at}, which the owner of the mailboxes cannot enter; name a folder elsewhere, such as /var/backups`,
      );
    }
    if (at === sep) return;
  }
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
