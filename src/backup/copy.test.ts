import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { createCopier, createTurns, hashFile } from './copy.ts';
import { copyMail } from './copy-spool.ts';

const turn = createTurns(new AbortController().signal);

/** A data folder whose `spool/segments` leads to another folder, which holds a file that is none of the server's. */
async function withLinkedSegments() {
  const folder = await tempFolder();
  const [data, elsewhere] = [join(folder.path, 'data'), join(folder.path, 'elsewhere')];
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, 'secret'), 'not ours');
  mkdirSync(join(data, 'spool'), { recursive: true });
  symlinkSync(elsewhere, join(data, 'spool', 'segments'));
  const copier = createCopier({ to: join(folder.path, 'copy'), turn, copied: () => {} });
  return { folder, data, copier };
}

test('a tree is copied with what is in it, but for links', async () => {
  await using folder = await tempFolder();
  const from = join(folder.path, 'from');
  mkdirSync(join(from, 'a'), { recursive: true });
  writeFileSync(join(from, 'a', 'x'), 'x');
  symlinkSync('/etc/passwd', join(from, 'a', 'y'));
  symlinkSync('/etc', join(from, 'b'));
  const to = join(folder.path, 'to');
  const copier = createCopier({ to, turn, copied: () => {} });
  await copier.tree(from, 't');
  expect([[...copier.files.keys()], readdirSync(join(to, 't', 'a'))]).toEqual([['t/a/x'], ['x']]);
});

describe.runIf(process.getuid?.() === 0)("as root, from folders in which the server's user may write", () => {
  test('a file to which a link leads on the way is not read', async () => {
    const { folder, data, copier } = await withLinkedSegments();
    await using _gone = folder;
    const secret = join(data, 'spool', 'segments', 'secret');
    expect([await copier.file(secret, 'x'), await hashFile(secret, turn)]).toEqual([false, null]);
  });

  test('a spool that is a link in part is not copied, and the link is named', async () => {
    const { folder, data, copier } = await withLinkedSegments();
    await using _gone = folder;
    await expect(copyMail(data, copier)).rejects.toThrow('segments: is a link and no folder; move it away');
    expect([...copier.files.keys()]).toEqual([]);
  });
});
