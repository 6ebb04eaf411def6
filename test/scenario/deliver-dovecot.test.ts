/** The real Dovecot as mailbox server: octets, folders, quota, and its own way of ending connections. */
import { spawn } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLmtpPool, type LmtpPool } from '../../src/deliver/connect.ts';
import { address } from '../support/messages.ts';
import { type TempFolder, tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const never = new AbortController().signal;
let folder: TempFolder;
let pool: LmtpPool;
let stop: () => Promise<void>;

beforeAll(async () => {
  folder = await tempFolder();
  const path = folder.path;
  // Dovecot serves no mailbox of root; these are of the system user "mail" (8).
  await mkdir(join(path, 'mail'));
  await chmod(join(path, 'mail'), 0o777);
  const users = ['ali', 'siti', 'penuh'].map((name) => {
    const quota = name === 'penuh' ? ' userdb_quota_rule=*:bytes=1k' : '';
    return `${name}@moh.example:{PLAIN}x:8:8::${path}/mail/${name}::${quota.trim()}\n`;
  });
  await writeFile(join(path, 'users'), users.join(''));
  await writeFile(join(path, 'dovecot.conf'), settings(path));
  const child = spawn('dovecot', ['-F', '-c', join(path, 'dovecot.conf')], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  pool = createLmtpPool({
    endpoint: { kind: 'unix', path: join(path, 'run', 'lmtp') },
    hostname: 'mail.moh.example',
    timeoutMs: 20_000,
    keep: 2,
  });
  await waitFor('dovecot', async () => (await pool.probe()).up || undefined);
});

afterAll(async () => {
  await pool?.[Symbol.asyncDispose]();
  await stop?.();
  await folder?.[Symbol.asyncDispose]();
});

function settings(path: string): string {
  return `
protocols = lmtp
base_dir = ${path}/run
state_dir = ${path}/state
log_path = ${path}/dovecot.log
ssl = no
mail_location = maildir:~/Maildir
first_valid_uid = 8
mail_plugins = quota
recipient_delimiter = +
lmtp_save_to_detail_mailbox = yes
lda_mailbox_autocreate = yes
quota_full_tempfail = yes
plugin {
  quota = count:User quota
  quota_vsizes = yes
  quota_grace = 0
  quota_rule = *:storage=1G
}
passdb {
  driver = passwd-file
  args = ${path}/users
}
userdb {
  driver = passwd-file
  args = ${path}/users
}
service lmtp {
  unix_listener lmtp {
    mode = 0666
  }
}
`;
}

function send(content: Buffer, ...to: string[]) {
  return pool.deliver(
    {
      sender: address('s@partner.example'),
      recipients: to.map((text) => ({ mailbox: address(text) })),
      header: Buffer.from('X-Spam-Score: 1.0\r\n'),
      sizeBytes: content.length,
      content: async () => Readable.from(content.length > 0 ? [content] : [], { objectMode: false }),
    },
    never,
  );
}

async function mails(user: string, box = ''): Promise<string[]> {
  const path = join(folder.path, 'mail', user, 'Maildir', box, 'new');
  const names = await readdir(path).catch(() => []);
  return Promise.all(names.sort().map((name) => readFile(join(path, name), 'latin1')));
}

test('octets arrive as they were sent, and one connection serves many messages', async () => {
  const content = Buffer.from(
    `Subject: x\r\n\r\n.\r\n..dots\r\ncaf\xe9 \xff\r\n${'y'.repeat(5_000)}\r\n\r\n`,
    'latin1',
  );
  for (let i = 0; i < 3; i++) {
    const answers = await send(content, 'ali@moh.example');
    expect([...answers.values()]).toMatchObject([{ phase: 'final', reply: { code: 250 } }]);
  }
  const stored = await mails('ali');
  expect(stored).toHaveLength(3);
  // Dovecot stores line ends as LF.
  const expected = content.toString('latin1').replaceAll('\r\n', '\n');
  expect(stored[0]?.endsWith(`X-Spam-Score: 1.0\n${expected}`)).toBe(true);
});

test('a detail is a folder', async () => {
  await send(Buffer.from('Subject: junk\r\n\r\nx\r\n'), 'siti+Junk@moh.example');
  expect(await mails('siti', '.Junk')).toHaveLength(1);
  expect(await mails('siti')).toHaveLength(0);
});

test('each recipient has its own answer: delivered, over quota for now, unknown', async () => {
  const content = Buffer.from(`Subject: big\r\n\r\n${'z'.repeat(900)}\r\n${'z'.repeat(900)}\r\n`);
  const answers = await send(content, 'siti@moh.example', 'penuh@moh.example', 'tiada@moh.example');
  expect(
    [...answers].map(([to, answer]) => [to.mailbox.split('@')[0], answer.phase, answer.reply?.code]),
  ).toEqual(
    expect.arrayContaining([
      ['siti', 'final', 250],
      ['penuh', expect.any(String), 452],
      ['tiada', 'rcpt', 550],
    ]),
  );
  expect(await mails('siti')).toHaveLength(1);
});
