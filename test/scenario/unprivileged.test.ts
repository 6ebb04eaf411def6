/** Geganti needs no rights: from a copy that an ordinary user owns it starts, takes mail, delivers it and stops. */
import { chown, copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connectDialogue } from '../support/dialogue.ts';
import { copyProject, doorOf, type Ended, launch } from '../support/launcher.ts';
import { hyperscanFolder } from '../support/stack.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';

/** nobody and nogroup on Debian. */
const NOBODY = { uid: 65_534, gid: 65_534 };

test('an unprivileged user runs it from a copy of its own, with the data in var', async ({ skip }) => {
  if (process.getuid?.() !== 0) return skip('needs root, to become another user');
  await using folder = await tempFolder();
  const project = await copyProject(folder.path);
  // What rspamd compiled for root's tests, in its own hands: it would take ten seconds to make it again.
  const hyperscan = join(folder.path, 'h');
  await mkdir(hyperscan);
  for (const name of await readdir(hyperscanFolder()).catch(() => [])) {
    // One that vanishes was another test's, half made.
    const copied = await copyFile(join(hyperscanFolder(), name), join(hyperscan, name)).then(
      () => true,
      () => false,
    );
    if (copied) await chown(join(hyperscan, name), NOBODY.uid, NOBODY.gid);
  }
  for (const own of [project, hyperscan]) await chown(own, NOBODY.uid, NOBODY.gid);

  const env = {
    HOME: folder.path,
    GEGANTI_DATA: undefined,
    GEGANTI_STACK_HYPERSCAN_CACHE: hyperscan,
  };
  const start = (...args: string[]) => launch({ args, project, user: NOBODY, env });
  const say = async (...args: string[]): Promise<Ended> => {
    await using launched = start(...args);
    return await launched.ended;
  };
  await using server = start('up');
  await server.ready();
  expect(server.out).toContain(`data and logs are in ${project}/var`);
  expect((await say('agency', 'add', 'moh', '--name', 'Kesihatan', '--domain', 'moh.example')).code).toBe(0);
  expect((await say('user', 'add', 'ali@moh.example', '--name', 'Ali', '--grade', 'N29')).code).toBe(0);
  const dialogue = await connectDialogue(await doorOf(join(project, 'var'), 'mx'));
  await dialogue.expect(/^220 /);
  await dialogue.ask('EHLO client.test', /^250/);
  await dialogue.ask('MAIL FROM:<a@other.example>', /^250/);
  await dialogue.ask('RCPT TO:<ali@moh.example>', /^250/);
  await dialogue.ask('DATA', /^354/);
  await dialogue.ask('From: a@other.example\r\nSubject: Salam\r\n\r\nApa khabar?\r\n.', /^250/);
  dialogue.destroy();
  await waitFor('the delivery', async () =>
    (await say('log')).out.includes('Delivered to ali@') ? true : undefined,
  );
  server.send('SIGTERM');
  expect(await server.ended).toMatchObject({ code: 0, err: '' });
});
