/** A disk that fills up under a running server: mail is put off, nothing falls over, and with room again all goes on. */
import { execFileSync } from 'node:child_process';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connectDialogue } from '../support/dialogue.ts';
import { doorOf, geganti, launch } from '../support/launcher.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const LETTER = 'From: a@other.example\r\nSubject: Salam\r\n\r\nApa khabar?\r\n';

/** A small file system of its own; null where none may be mounted. */
function mountSmall(path: string, sizeMb: number): AsyncDisposable | null {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m,mode=755`, 'tmpfs', path], {
      stdio: 'ignore',
    });
  } catch {
    return null;
  }
  return {
    async [Symbol.asyncDispose]() {
      execFileSync('umount', [path]);
    },
  };
}

test('up on a full disk is one line', async ({ skip }) => {
  await using folder = await tempFolder();
  await using disk = mountSmall(folder.path, 1);
  if (!disk) return skip('needs the right to mount a small file system');
  const ended = await geganti(['up'], { GEGANTI_DATA: join(folder.path, 'data') });
  expect(ended.code).toBe(1);
  expect(ended.err).toMatch(
    /^geganti: data: the disk of ".*" is full \(.* free\); make room for 8 MB, or .*\n$/,
  );
});

test('mail is put off with 452 while the disk is full, and taken and delivered when there is room', async ({
  skip,
}) => {
  await using folder = await tempFolder();
  await using disk = mountSmall(folder.path, 64);
  if (!disk) return skip('needs the right to mount a small file system');
  const env = { GEGANTI_DATA: folder.path };
  await using server = launch({ args: ['up'], env });
  await server.ready();
  await geganti(['agency', 'add', 'moh', '--name', 'Kesihatan', '--domain', 'moh.example'], env);
  await geganti(['user', 'add', 'siti@moh.example', '--name', 'Siti', '--grade', 'N29'], env);
  const door = await doorOf(folder.path, 'mx');
  const send = async (): Promise<string> => {
    const dialogue = await connectDialogue(door);
    try {
      await dialogue.expect(/^220 /);
      await dialogue.ask('EHLO client.test', /^250/);
      const answer = await dialogue.ask('MAIL FROM:<a@other.example>', /^\d{3}/);
      if (!answer.startsWith('250')) return answer;
      await dialogue.ask('RCPT TO:<siti@moh.example>', /^250/);
      await dialogue.ask('DATA', /^354 /);
      await dialogue.send(`${LETTER}.\r\n`);
      return await dialogue.expect(/^\d{3}/);
    } finally {
      dialogue.destroy();
    }
  };
  expect(await send()).toMatch(/^250/);

  const filler = join(folder.path, 'filler');
  await fill(filler, folder.path);
  await waitFor('a refusal for now', async () => (/^452[- ]4\.3\.1 /.test(await send()) ? true : undefined));
  expect((await geganti(['status'], env)).out).toMatch(/FULL, new mail is refused/);

  await rm(filler);
  await waitFor('mail to be taken', async () => (/^250/.test(await send()) ? true : undefined));
  await waitFor('both deliveries', async () => {
    const { out } = await geganti(['log', '--outcome', 'delivered', '--json'], env);
    return JSON.parse(out).entries.length >= 2 ? true : undefined;
  });
  // The same server all the time.
  expect((await geganti(['status', '--json'], env)).code).toBe(0);
  server.send('SIGTERM');
  expect(await server.ended).toMatchObject({ code: 0, err: '' });
});

/** To the last octet. */
async function fill(file: string, folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  await writeFile(file, Buffer.alloc(bavail * bsize)).catch(() => {});
}
