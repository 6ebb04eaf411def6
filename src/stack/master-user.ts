/**
 * The system's own login to any mailbox, "user*<name>": a random password made once. Dovecot gets its hash only.
 */
import { createHash, randomBytes } from 'node:crypto';
import { chown, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../lib/problem.ts';

export interface MasterUser {
  readonly name: string;
  readonly password: string;
}

export const masterName = 'geganti-system';

const passwordFile = (data: string): string => join(data, 'dovecot', 'master-password');

/** null: the stack has never run with this data. */
export async function masterUser(data: string): Promise<MasterUser | null> {
  try {
    return { name: masterName, password: (await readFile(passwordFile(data), 'utf8')).trim() };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Makes the password unless it is there, and the file of users for Dovecot, whose `gid` may read it; that file's path. */
export async function ensureMasterUser(data: string, gid: number): Promise<string> {
  const file = join(data, 'dovecot', 'master-users');
  let user = await masterUser(data);
  if (!user) {
    user = { name: masterName, password: randomBytes(32).toString('base64url') };
    await writeWhole(passwordFile(data), `${user.password}\n`, 0o600, null);
  }
  // 256 random bits need no slow hash.
  const hash = createHash('sha256').update(user.password).digest('base64');
  await writeWhole(file, `${user.name}:{SHA256.b64}${hash}\n`, 0o640, gid);
  return file;
}

async function writeWhole(path: string, text: string, mode: number, gid: number | null): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w', mode);
  try {
    await file.writeFile(text);
    await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
  if (gid !== null && process.getuid?.() === 0) await chown(temporary, 0, gid);
  await rename(temporary, path);
}
