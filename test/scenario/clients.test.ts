/** Clients that are not ours: swaks sends through every door; mutt sends, and reads the mailbox over IMAP with TLS. */
import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseMessageId } from '../../src/mail/message-id.ts';
import { type Running, type RunningUser, startRunning } from '../support/running.ts';

let running: Running;
let aminah: RunningUser;
let badrul: RunningUser;

beforeAll(async () => {
  running = await startRunning();
  aminah = await running.addUser({ address: 'aminah@moh.example' });
  badrul = await running.addUser({ address: 'badrul@moh.example' });
});
afterAll(() => running?.[Symbol.asyncDispose]());

interface Ran {
  readonly code: number | null;
  readonly output: string;
}

function run(command: string, args: readonly string[], input = ''): Promise<Ran> {
  const env = { PATH: process.env.PATH, HOME: running.data, TERM: 'xterm', LC_ALL: 'C.UTF-8' };
  const child = spawn(command, args, { env, stdio: 'pipe', timeout: 30_000 });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ code, output }));
  });
}

async function swaks(subject: string, ...args: string[]): Promise<Ran> {
  return await run('swaks', ['--server', '127.0.0.1', '--header', `Subject: ${subject}`, ...args]);
}

/** The message ids that the server named, once each has its end. */
async function delivered({ code, output }: Ran): Promise<void> {
  expect(code, output).toBe(0);
  const id = output
    .split(/\s+/)
    .map(parseMessageId)
    .find((found) => found !== null);
  if (!id) throw new Error(`no message id in\n${output}`);
  const events = await running.ended(id, 1);
  expect(events.at(-1)).toMatchObject({ kind: 'delivered', folder: 'INBOX' });
}

async function newest(user: RunningUser): Promise<string | undefined> {
  await using mailbox = await running.mailbox(user);
  return (await mailbox.messages('INBOX')).at(-1)?.subject;
}

function login(user: RunningUser): string[] {
  return ['--from', user.address, '--auth-user', user.address, '--auth-password', user.password];
}

test.each(['PLAIN', 'LOGIN'])('swaks delivers over 587 with STARTTLS and AUTH %s', async (mechanism) => {
  const port = String(await running.port('submission'));
  const args = ['--port', port, '--tls', '--auth', mechanism, ...login(aminah), '--to', badrul.address];
  await delivered(await swaks(`587 ${mechanism}`, ...args));
  expect(await newest(badrul)).toBe(`587 ${mechanism}`);
});

test('swaks delivers over 465', async () => {
  const port = String(await running.port('submissions'));
  const args = ['--port', port, '--tls-on-connect', '--auth', ...login(aminah), '--to', badrul.address];
  await delivered(await swaks('465', ...args));
  expect(await newest(badrul)).toBe('465');
});

test('swaks delivers over 25 without a login, in clear and with STARTTLS', async () => {
  const port = String(await running.port('mx'));
  const args = ['--port', port, '--from', 'wong@partner.example', '--to', badrul.address];
  await delivered(await swaks('25', ...args));
  expect(await newest(badrul)).toBe('25');
  await delivered(await swaks('25 with TLS', '--tls', ...args));
  expect(await newest(badrul)).toBe('25 with TLS');
});

test('swaks is turned away on 587 without STARTTLS and with a wrong password', async () => {
  const port = String(await running.port('submission'));
  const to = ['--port', port, '--to', badrul.address];
  const inClear = await swaks('x', ...to, '--auth', ...login(aminah));
  expect(inClear.code).not.toBe(0);
  const wrong = await swaks('x', ...to, '--tls', '--auth', ...login({ ...aminah, password: 'salah' }));
  expect(wrong.code).not.toBe(0);
  expect(wrong.output).toContain('535');
});

test('mutt sends over 587 and reads it in the mailbox', async () => {
  const folder = join(running.data, 'mutt');
  await mkdir(folder);
  const seen = join(folder, 'seen');
  const settings = [
    `set imap_pass="${badrul.password}" smtp_pass="${aminah.password}"`,
    `set from="${aminah.address}" use_from=yes realname="Aminah" copy=no record=""`,
    `set smtp_url="smtp://aminah%40moh.example@127.0.0.1:${await running.port('submission')}/"`,
    'set ssl_starttls=yes ssl_force_tls=yes ssl_verify_host=no',
    `set certificate_file="${running.data}/certificate/cert.pem"`,
    `set folder="${folder}" wait_key=no sort=mailbox-order quit=yes`,
  ];
  const rc = join(folder, 'muttrc');
  await writeFile(rc, `${settings.join('\n')}\n`);

  const sent = await run('mutt', ['-n', '-F', rc, '-s', 'Daripada mutt', badrul.address], 'Salam.\n');
  expect(sent, sent.output).toMatchObject({ code: 0 });
  const { messages } = await running.queue();
  for (const { id } of messages) await running.ended(id, 1);

  // mutt reads on a terminal only, and `script` is one. The keys: to the last message, into a file, out.
  const keys = `<last-entry><pipe-message>tee ${seen}<enter><exit>`;
  const mailbox = `imaps://badrul%40moh.example@127.0.0.1:${running.stack.ports.imaps}/INBOX`;
  const command = `mutt -n -F ${rc} -f ${mailbox} -e 'push "${keys}"'`;
  const read = await run('script', ['--quiet', '--return', '--command', command, '/dev/null']);
  const text = await readFile(seen, 'utf8').catch(() => `mutt saw nothing:\n${read.output}`);
  expect(text).toContain('Subject: Daripada mutt');
  expect(text).toContain('Salam.');
});
