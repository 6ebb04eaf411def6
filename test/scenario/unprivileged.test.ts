/**
 * Geganti needs no rights: from a copy that an ordinary user owns it starts, takes mail, delivers it and stops. Started
 * as root, it gives its rights up, and takes over what a version that did not has left.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { chown, copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findServerUser, staysRoot } from '../../src/lib/privileges.ts';
import { readStackState } from '../../src/stack/stack.ts';
import { connectDialogue } from '../support/dialogue.ts';
import { copyProject, doorOf, type Ended, geganti, launch } from '../support/launcher.ts';
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
  await sendTo('ali@moh.example', await doorOf(join(project, 'var'), 'mx'));
  await waitFor('the delivery', async () =>
    (await say('log')).out.includes('delivered') ? true : undefined,
  );
  server.send('SIGTERM');
  expect(await server.ended).toMatchObject({ code: 0, err: '' });
});

test('as root only the supervisor stays so, and a spool that root left goes on', async ({ skip }) => {
  if (process.getuid?.() !== 0) return skip('needs root, to give it up');
  if (staysRoot('geganti', import.meta.dirname)) return skip('stays root below /root');
  await using folder = await tempFolder();
  const data = join(folder.path, 'd');
  const env = { GEGANTI_DATA: data, GEGANTI_DOORS_MX_VERDICT_WAIT: '0 s' };
  await using first = launch({ args: ['up'], env });
  await first.ready();
  await geganti(['agency', 'add', 'moh', '--name', 'Kesihatan', '--domain', 'moh.example'], env);
  await geganti(['user', 'add', 'ali@moh.example', '--name', 'Ali', '--grade', 'N29'], env);
  const serverPids = (): number[] => {
    const parts = readStackState(data)?.parts ?? [];
    return parts.flatMap(({ name, pid }) => (pid !== null && /^(receive|work)$/.test(name) ? [pid] : []));
  };
  const { uid, gid } = findServerUser('geganti');
  expect(serverPids().map(idsOf)).toEqual([`${uid} ${gid} ${gid}`, `${uid} ${gid} ${gid}`]);
  // A crash, with mail that nobody has worked on.
  const [receive = 0, work = 0] = serverPids();
  const door = await doorOf(data, 'mx');
  process.kill(work, 'SIGSTOP');
  await sendTo('ali@moh.example', door);
  for (const pid of [first.pid, receive, work]) process.kill(pid, 'SIGKILL');
  await first.ended;
  expect(readdirSync(join(data, 'spool', 'segments'))).not.toEqual([]);

  for (const name of ['spool', 'quarantine', 'directory', 'trace', 'log']) {
    execFileSync('chown', ['-R', 'root:root', join(data, name)]);
  }
  await using second = launch({ args: ['up'], env });
  await second.ready();
  await waitFor('the delivery', async () =>
    (await geganti(['log', '--recipient', 'ali@moh.example'], env)).out.includes('delivered')
      ? true
      : undefined,
  );
  for (const name of ['spool', 'quarantine', 'directory', 'trace', 'log/delivery']) {
    const found = readdirSync(join(data, name), { recursive: true, withFileTypes: true });
    const others = found.filter((entry) => statSync(join(entry.parentPath, entry.name)).uid !== uid);
    expect(
      others.map((entry) => entry.name),
      name,
    ).toEqual([]);
  }
  second.send('SIGTERM');
  expect(await second.ended).toMatchObject({ code: 0, err: '' });
});

/** "uid gid groups" of a process, as it is now. */
function idsOf(pid: number): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const [uid, gid, groups] = ['Uid', 'Gid', 'Groups'].map(
    (name) => new RegExp(`^${name}:\\s+([\\d\\s]+?)\\s*$`, 'm').exec(status)?.[1]?.split(/\s+/) ?? [],
  );
  return [uid?.[0], gid?.[0], groups?.join(',')].join(' ');
}

async function sendTo(recipient: string, door: { address: string; port: number }): Promise<void> {
  const dialogue = await connectDialogue(door);
  await dialogue.expect(/^220 /);
  await dialogue.ask('EHLO client.test', /^250/);
  await dialogue.ask('MAIL FROM:<a@other.example>', /^250/);
  await dialogue.ask(`RCPT TO:<${recipient}>`, /^250/);
  await dialogue.ask('DATA', /^354/);
  await dialogue.ask('From: a@other.example\r\nSubject: Salam\r\n\r\nApa khabar?\r\n.', /^250/);
  dialogue.destroy();
}
