import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { makeFolder, removeFolder } from './folders.ts';

const root = process.getuid?.() === 0;
/** Anybody but root and the folder's owner. */
const STRANGER = 65_534;
const OWNER = { uid: 65_533, gid: 65_533 };

/** As another user, who may write into `folder`, until disposed. */
function asStranger(folder: string, program: string): Disposable {
  // A stranger may not be able to enter the folders above ours.
  const home = mkdtempSync(join(tmpdir(), 'geganti-'));
  chmodSync(home, 0o755);
  const node = join(home, 'node');
  copyFileSync(process.execPath, node);
  const child = spawn(
    node,
    [
      '-e',
      `const fs = require('node:fs'); const at = (n) => ${JSON.stringify(`${folder}/`)} + n; ${program}`,
    ],
    { uid: STRANGER, gid: STRANGER, cwd: home, stdio: 'ignore' },
  );
  return {
    [Symbol.dispose]() {
      child.kill('SIGKILL');
      rmSync(home, { recursive: true, force: true });
    },
  };
}

test('a folder gets its mode, also when it was there with another', async () => {
  await using temp = await tempFolder();
  const path = join(temp.path, 'a', 'b');
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  for (const mode of [0o700, 0o2750]) {
    expect(await makeFolder(path, { mode, owner })).toBe(path);
    expect(statSync(path).mode & 0o7777).toBe(mode);
  }
});

test.each([
  ['a link to a folder', (path: string) => symlinkSync('/etc', path), 'is not a folder'],
  ['a file', (path: string) => writeFileSync(path, ''), 'is not a folder'],
])('%s in its place is refused', async (_, plant, problem) => {
  await using temp = await tempFolder();
  const path = join(temp.path, 'x');
  plant(path);
  const before = statSync('/etc');
  await expect(makeFolder(path, { mode: 0o700, owner: OWNER })).rejects.toThrow(problem);
  expect([statSync('/etc').uid, statSync('/etc').mode]).toEqual([before.uid, before.mode]);
});

describe.runIf(root)('as root, where others may write', () => {
  test("a folder that somebody else made first is refused; the service's own and our own are not", async () => {
    await using temp = await tempFolder();
    chmodSync(temp.path, 0o1777);
    const path = join(temp.path, 'run');
    mkdirSync(path);
    for (const uid of [0, OWNER.uid]) {
      chownSync(path, uid, uid);
      await makeFolder(path, { mode: 0o700, owner: OWNER });
    }
    chownSync(path, STRANGER, STRANGER);
    await expect(makeFolder(path, { mode: 0o700, owner: OWNER })).rejects.toThrow('belongs to another user');
    expect(statSync(path).uid).toBe(STRANGER);
  });

  test('where only root writes, a folder changes hands with the user of its service', async () => {
    await using temp = await tempFolder();
    chmodSync(temp.path, 0o755);
    const path = join(temp.path, 'mailboxes');
    mkdirSync(path);
    chownSync(path, STRANGER, STRANGER);
    await makeFolder(path, { mode: 0o700, owner: OWNER });
    expect(statSync(path).uid).toBe(OWNER.uid);
  });

  test('what is removed is what is there, wherever its owner points meanwhile', async () => {
    await using temp = await tempFolder();
    chmodSync(temp.path, 0o1777);
    const [mine, theirs] = [join(temp.path, 'mine'), join(temp.path, 'theirs')];
    mkdirSync(mine);
    for (let number = 0; number < 300; number++) writeFileSync(join(mine, `f${number}`), '');
    // As soon as the first file of a folder is gone, the folder is exchanged for a link to ours.
    using _stranger = asStranger(
      temp.path,
      `fs.mkdirSync(at('theirs'));
       for (let d = 0; d < 20; d++) {
         fs.mkdirSync(at('theirs/' + d));
         for (let n = 0; n < 300; n++) fs.writeFileSync(at('theirs/' + d + '/f' + n), '');
       }
       fs.writeFileSync(at('ready'), '');
       const done = new Set();
       for (;;) for (let d = 0; d < 20; d++) {
         if (done.has(d) || [0, 1, 10].every((n) => fs.existsSync(at('theirs/' + d + '/f' + n)))) continue;
         done.add(d);
         try { fs.renameSync(at('theirs/' + d), at('theirs/x' + d)); fs.symlinkSync(at('mine'), at('theirs/' + d)); } catch {}
       }`,
    );
    await waitFor('the stranger', async () => existsSync(join(temp.path, 'ready')) || undefined);
    for (let again = 0; again < 3; again++) {
      try {
        removeFolder(theirs);
      } catch {
        // It changed meanwhile.
      }
    }
    expect(readdirSync(mine)).toHaveLength(300);
  });
});
