import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { findServerUser } from './privileges.ts';
import { checkDataFolder, prepareData } from './privileges-data.ts';

const root = process.getuid?.() === 0;

/** Runs lines of a program in a process of its own, since what is given up there is gone for good. */
function inProcess(...lines: string[]): { out: string; err: string } {
  const module = pathToFileURL(join(import.meta.dirname, 'privileges.ts')).href;
  const program = [`const { dropPrivileges } = await import(${JSON.stringify(module)});`, ...lines].join(
    '\n',
  );
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  return { out: run.stdout, err: run.stderr };
}

describe.runIf(root)('as root', () => {
  test('the server becomes its user with its groups only, for good, and its files are not for others', async () => {
    await using folder = await tempFolder();
    const user = findServerUser('geganti');
    chownSync(folder.path, user.uid, user.gid);
    const file = join(folder.path, 'f');
    const { out, err } = inProcess(
      "process.setgroups([0, 4]); dropPrivileges({ user: 'geganti' });",
      'const back = []; for (const how of ["setuid", "seteuid", "setgid", "setegid"]) try { process[how](0); back.push(how) } catch {}',
      'try { process.setgroups([0]); back.push("setgroups") } catch {}',
      `(await import('node:fs')).writeFileSync(${JSON.stringify(file)}, '');`,
      'console.log(JSON.stringify([process.getuid(), process.getgid(), process.getgroups(), back]));',
    );
    expect(err).toBe('');
    expect(JSON.parse(out)).toEqual([user.uid, user.gid, [user.gid], []]);
    const found = statSync(file);
    expect([found.uid, found.gid, found.mode & 0o777]).toEqual([user.uid, user.gid, 0o640]);
  });

  test.each([
    ['nosuchuser', 'user: "nosuchuser" does not exist on this machine; run: node bin/setup.js'],
    ['root', 'user: "root" has the rights of root; set an ordinary user'],
  ])('a server that would be %s is refused, with the cure', (user, text) => {
    expect(() => findServerUser(user)).toThrow(text);
  });

  test('what an earlier version left as root is taken over with all in it, and links change hands themselves', async () => {
    await using folder = await tempFolder();
    const { uid, gid } = findServerUser('geganti');
    const at = (...steps: string[]): string => join(folder.path, ...steps);
    const outside = at('outside');
    writeFileSync(outside, 'not ours');
    const old = ['spool/segments/000000000001.seg', 'quarantine/x/message.eml', 'directory/directory.db'];
    for (const name of old) {
      mkdirSync(dirname(at(name)), { recursive: true, mode: 0o700 });
      writeFileSync(at(name), name, { mode: 0o600 });
    }
    mkdirSync(at('mailboxes'));
    mkdirSync(at('log'));
    writeFileSync(at('log', 'delivery.jsonl'), '');
    symlinkSync(outside, at('spool', 'link'));
    symlinkSync('/etc', at('spool', 'folder-link'));

    prepareData({ data: folder.path, user: 'geganti' });
    for (const name of [
      ...old,
      ...old.map(dirname),
      'trace',
      'log/delivery',
      'log/delivery.jsonl',
      'spool/link',
    ]) {
      const found = lstatSync(at(name));
      expect([found.uid, found.gid], name).toEqual([uid, gid]);
    }
    for (const name of ['outside', 'mailboxes']) expect(statSync(at(name)).uid, name).toBe(0);
    expect(statSync('/etc').uid).toBe(0);
    expect(readFileSync(at(old[0] ?? ''), 'utf8')).toBe(old[0]);
    const rights = (name: string) =>
      `${(statSync(at(name)).mode & 0o7777).toString(8)} ${statSync(at(name)).gid}`;
    expect(['.', 'run', 'log', 'spool', 'directory'].map(rights)).toEqual([
      '755 0',
      `1775 ${gid}`,
      `750 ${gid}`,
      `700 ${gid}`,
      `750 ${gid}`,
    ]);
  });

  test('a folder that was taken over only in part is finished by the next start', async () => {
    await using folder = await tempFolder();
    const { uid, gid } = findServerUser('geganti');
    const spool = join(folder.path, 'spool');
    mkdirSync(spool);
    for (const name of ['a', 'b']) writeFileSync(join(spool, name), '');
    chownSync(join(spool, 'a'), uid, gid);
    prepareData({ data: folder.path, user: 'geganti' });
    expect(['.', 'a', 'b'].map((name) => statSync(join(spool, name)).uid)).toEqual([uid, uid, uid]);
  });

  test('the folder of a third user is left alone, with the cure', async () => {
    await using folder = await tempFolder();
    const spool = join(folder.path, 'spool');
    mkdirSync(spool);
    chownSync(spool, 65_534, 65_534);
    expect(() => prepareData({ data: folder.path, user: 'geganti' })).toThrow(
      `user: "geganti" is not the owner of ${spool}, user 65534 is; run: chown -R geganti: ${spool}`,
    );
  });

  test('a link in the place of one of our folders is refused', async () => {
    await using folder = await tempFolder();
    symlinkSync('/etc', join(folder.path, 'quarantine'));
    expect(() => prepareData({ data: folder.path, user: 'geganti' })).toThrow('quarantine: is not a folder');
    expect(statSync('/etc').uid).toBe(0);
  });
});

test('a data folder into which everybody may write is refused', async () => {
  await using folder = await tempFolder();
  chmodSync(folder.path, 0o777);
  expect(() => checkDataFolder(folder.path)).toThrow(
    `data: everybody may write into "${folder.path}"; run: chmod o-w ${folder.path}`,
  );
});
