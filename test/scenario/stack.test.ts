/** The neighbours themselves: they start, serve what we rely on, and come back when they die. */
import { argon2Sync, randomBytes, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { connect as connectTls } from 'node:tls';
import { ImapFlow } from 'imapflow';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectOptions, type Endpoint } from '../../src/lib/endpoint.ts';
import { findServerUser } from '../../src/lib/privileges.ts';
import { publishedCertificate } from '../../src/stack/certificate.ts';
import { masterUser, readStackState } from '../../src/stack/stack.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { type TempFolder, tempFolder } from '../support/temp-folder.ts';
import { newTestCertificate } from '../support/test-certificate.ts';
import { waitFor } from '../support/wait-for.ts';

const password = 'correct horse battery staple';
const quotaBytes = 500 * 1024 * 1024;
const eicar = Buffer.from(
  '58354f2150254041505b345c505a58353428505e2937434329377d2445494341522d5354414e444152442d414e544956495255532d544553542d46494c452124482b482a',
  'hex',
);

describe('a running stack', () => {
  let folder: TempFolder;
  let running: TestStack;
  beforeAll(async () => {
    folder = await tempFolder();
    running = await startTestStack(folder.path);
    addUsers(folder.path);
  });
  afterAll(async () => {
    await running?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  test('every part is ready and the state file says so', () => {
    const state = readStackState(folder.path);
    expect(state?.parts.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'redis ready',
      'clamd ready',
      'rspamd ready',
      'dovecot ready',
    ]);
    expect(state?.supervisor?.pid).toBe(process.pid);
    expect(state?.ports).toEqual(running.stack.ports);
  });

  test('only the service and the server reach the sockets', () => {
    for (const key of ['redis', 'clamd', 'rspamd', 'lmtp'] as const) {
      const endpoint = running.settings.services[key];
      if (endpoint.kind !== 'unix') throw new Error('not a socket');
      expect(statSync(join(endpoint.path, '..')).mode & 0o007, key).toBe(0);
      expect(statSync(endpoint.path).mode & 0o002, key).toBe(0);
    }
  });

  test('Redis keeps an append-only file and refuses to drop jobs', async () => {
    const { redis } = running.settings.services;
    expect(await talk(redis, 'CONFIG GET maxmemory-policy\r\nQUIT\r\n')).toContain('noeviction');
    expect(await talk(redis, 'CONFIG GET appendonly\r\nQUIT\r\n')).toContain('yes');
  });

  test.each([
    ['the test virus', eicar, /Eicar.* FOUND/],
    ['plain text', Buffer.from('Salam'), /stream: OK/],
    [
      'an encrypted archive, as one that cannot be looked into',
      encryptedZip(),
      /Heuristics\.Encrypted\.Zip FOUND/,
    ],
  ])('clamd finds %s', async (_name, content, expected) => {
    expect(await scan(running.settings.services.clamd, content)).toMatch(expected);
  });

  test.each([
    ['plain mail, with a name server that knows nothing', 'Mesyuarat esok jam 9 pagi.', 'no action'],
    ['GTUBE', 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X', 'reject'],
    [
      'the test line for junk',
      'YJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X',
      'add header',
    ],
  ])('rspamd judges %s', async (_name, text, action) => {
    const verdict = await check(running.settings.services.rspamd, text);
    expect(verdict.action).toBe(action);
  });

  test('a user logs in by IMAP with the argon2id password and sees the quota and the folders', async () => {
    const imap = await login(running, 'ali@test.example', password);
    const quota = await imap.getQuota('INBOX');
    expect(quota).toMatchObject({ storage: { limit: quotaBytes } });
    const folders = (await imap.list()).map((mailbox) => `${mailbox.path} ${mailbox.specialUse ?? ''}`);
    expect(folders.sort()).toEqual([
      'Archive \\Archive',
      'Drafts \\Drafts',
      'INBOX \\Inbox',
      'Junk \\Junk',
      'Sent \\Sent',
      'Trash \\Trash',
    ]);
    await imap.logout();
  });

  test('a wrong password and a disabled account are refused', async () => {
    const answers = await Promise.all([
      refusal(running, '127.0.0.3', 'ali@test.example', 'wrong'),
      refusal(running, '127.0.0.4', 'disabled@test.example', password),
    ]);
    for (const answer of answers) expect(answer).toMatch(/^a NO \[AUTHENTICATIONFAILED\]/m);
  });

  test('no password is taken without TLS from another address', async () => {
    const where = { host: '127.0.0.1', port: running.stack.ports.imap, localAddress: '127.0.0.2' };
    const answer = await talkOver(connect(where), `a LOGIN ali@test.example "${password}"\r\nb LOGOUT\r\n`);
    expect(answer).toContain('LOGINDISABLED');
    expect(answer).toMatch(/^a (NO|BAD) /m);
  });

  test('LMTP delivers to the inbox, +Junk into Junk, to a disabled account too, and the master user reads it', async () => {
    const lmtp = running.settings.services.lmtp;
    const to = ['Ali@test.example', 'ali+Junk@test.example', 'disabled@test.example'];
    const answer = await deliver(lmtp, to, 'Subject: Salam\r\n\r\nApa khabar?\r\n');
    expect(answer.match(/^250 2\.0\.0 <.*Saved/gm)).toHaveLength(3);
    const master = await masterUser(folder.path);
    if (!master) throw new Error('no master user');
    for (const [user, path] of [
      ['ali@test.example', 'INBOX'],
      ['ali@test.example', 'Junk'],
      ['disabled@test.example', 'INBOX'],
    ] as const) {
      const imap = await login(running, `${user}*${master.name}`, master.password);
      expect(await imap.status(path, { messages: true }), `${user} ${path}`).toMatchObject({ messages: 1 });
      await imap.logout();
    }
  });

  test('a full mailbox and an unknown one answer differently: later, and never', async () => {
    const lmtp = running.settings.services.lmtp;
    const text = `Subject: besar\r\n\r\n${'x'.repeat(70)}\r\n`.repeat(40);
    expect(await deliver(lmtp, ['small@test.example'], text)).toMatch(/^452 4\.2\.2 /m);
    expect(await deliver(lmtp, ['nobody@test.example'], text)).toMatch(/^550 5\.1\.1 /m);
  });

  test.each(['redis', 'clamd', 'rspamd', 'dovecot'])('%s comes back after kill -9', async (name) => {
    const before = partOf(running, name);
    if (before.pid === null) throw new Error(`${name} does not run`);
    process.kill(before.pid, 'SIGKILL');
    await waitFor(`${name} to be ready again`, () => {
      const part = partOf(running, name);
      return part.state === 'ready' && part.pid !== before.pid ? part : undefined;
    });
    expect(partOf(running, name)).toMatchObject({ restarts: before.restarts + 1, lastError: null });
  });

  test('the certificate is copied for the server, for it alone', () => {
    const { cert, key } = publishedCertificate(folder.path);
    for (const path of [cert, key]) {
      expect(statSync(path).mode & 0o777, path).toBe(0o400);
      if (process.getuid?.() === 0) expect(statSync(path).uid, path).toBe(findServerUser('geganti').uid);
    }
  });

  test('a new certificate is served after a reload; who is connected stays connected', async () => {
    const before = await certificateOf(running);
    const imap = await login(running, 'ali@test.example', password);
    const pids = running.stack.parts.map((part) => part.pid);
    const { cert, key } = newTestCertificate();
    await writeFile(join(folder.path, 'certificate', 'cert.pem'), cert);
    await writeFile(join(folder.path, 'certificate', 'key.pem'), key);
    await running.stack.reload();
    await waitFor('the new certificate', async () =>
      (await certificateOf(running)) === before ? undefined : true,
    );
    expect(await imap.status('INBOX', { messages: true })).toMatchObject({ path: 'INBOX' });
    await imap.logout();
    expect(running.stack.parts.map((part) => part.pid)).toEqual(pids);
  });

  test('a key that does not belong to the certificate changes nothing', async () => {
    const { cert } = publishedCertificate(folder.path);
    const before = readFileSync(cert, 'utf8');
    await writeFile(join(folder.path, 'certificate', 'key.pem'), newTestCertificate().key);
    await running.stack.reload();
    expect(readFileSync(cert, 'utf8')).toBe(before);
    expect(await certificateOf(running)).toBe(new X509Certificate(before).fingerprint256);
  });

  test('a part that is stopped stays down until it is started', async () => {
    await running.stack.stop('clamd');
    expect(partOf(running, 'clamd')).toMatchObject({ state: 'stopped', pid: null });
    await running.stack.start('clamd');
    expect(partOf(running, 'clamd').state).toBe('ready');
  });

  test('a second supervisor of the same folder is refused', async () => {
    await expect(startTestStack(folder.path)).rejects.toThrow(`in use by process ${process.pid}`);
  });
});

test('a name server that does not answer weighs nothing', async () => {
  await using folder = await tempFolder();
  await using running = await startTestStack(folder.path, { nameServers: ['127.0.0.1:9'] });
  const verdict = await check(running.settings.services.rspamd, 'Mesyuarat esok jam 9 pagi.');
  expect(verdict).toMatchObject({ action: 'no action' });
  expect(verdict.score).toBeLessThan(1);
  expect(verdict.symbols).toHaveProperty('R_SPF_DNSFAIL');
});

function partOf(running: TestStack, name: string) {
  const part = running.stack.parts.find((candidate) => candidate.name === name);
  if (!part) throw new Error(`no part ${name}`);
  return part;
}

/** The view as the directory makes it, here as a table. */
function addUsers(data: string): void {
  const db = new DatabaseSync(join(data, 'directory', 'directory.db'));
  db.exec(`PRAGMA journal_mode = WAL;
    CREATE TABLE dovecot_users (address TEXT, user_id TEXT, password TEXT, quota_bytes INTEGER, active INTEGER)`);
  const add = db.prepare('INSERT INTO dovecot_users VALUES (?, ?, ?, ?, ?)');
  add.run('ali@test.example', 'u1', argon2id(password), quotaBytes, 1);
  add.run('disabled@test.example', 'u2', argon2id(password), quotaBytes, 0);
  add.run('small@test.example', 'u3', argon2id(password), 1000, 1);
  db.close();
}

function argon2id(text: string): string {
  const cost = { parallelism: 1, memory: 19_456, passes: 2, tagLength: 32 };
  const nonce = randomBytes(16);
  const hash = argon2Sync('argon2id', { message: text, nonce, ...cost });
  const base64 = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');
  return `{ARGON2ID}$argon2id$v=19$m=19456,t=2,p=1$${base64(nonce)}$${base64(hash)}`;
}

/** Its fingerprint, as a new connection by IMAP is shown it. */
function certificateOf(running: TestStack): Promise<string> {
  const socket = connectTls({
    host: '127.0.0.1',
    port: running.stack.ports.imaps,
    rejectUnauthorized: false,
  });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
  });
}

async function login(running: TestStack, user: string, pass: string): Promise<ImapFlow> {
  const imap = new ImapFlow({
    host: '127.0.0.1',
    port: running.stack.ports.imaps,
    secure: true,
    auth: { user, pass },
    tls: { rejectUnauthorized: false },
    logger: false,
  });
  await imap.connect();
  return imap;
}

/** From an address of its own: Dovecot slows down all logins from where a password was wrong. */
async function refusal(
  running: TestStack,
  localAddress: string,
  user: string,
  pass: string,
): Promise<string> {
  const { imaps: port } = running.stack.ports;
  const plain = connect({ host: '127.0.0.1', port, localAddress });
  const socket = connectTls({ socket: plain, rejectUnauthorized: false });
  return await talkOver(socket, `a LOGIN ${user} "${pass}"\r\nb LOGOUT\r\n`);
}

async function deliver(lmtp: Endpoint, to: readonly string[], text: string): Promise<string> {
  const rcpt = to.map((address) => `RCPT TO:<${address}>\r\n`).join('');
  const script = `LHLO test\r\nMAIL FROM:<siti@test.example>\r\n${rcpt}DATA\r\n${text}.\r\nQUIT\r\n`;
  return await talk(lmtp, script);
}

async function scan(clamd: Endpoint, content: Buffer): Promise<string> {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(content.length);
  return await talk(clamd, Buffer.concat([Buffer.from('zINSTREAM\0'), size, content, Buffer.alloc(4)]));
}

interface Verdict {
  readonly action: string;
  readonly score: number;
  readonly symbols: object;
}

async function check(rspamd: Endpoint, text: string): Promise<Verdict> {
  const date = new Date().toUTCString().replace('GMT', '+0000');
  const message = `From: Ali <ali@example.net>\r\nTo: b@test.example\r\nSubject: Mesyuarat\r\nDate: ${date}\r\nMessage-ID: <1@example.net>\r\n\r\n${text}\r\n`;
  const headers = {
    IP: '203.0.113.9',
    Helo: 'a.example.net',
    From: 'ali@example.net',
    Rcpt: 'b@test.example',
  };
  const where = rspamd.kind === 'unix' ? { socketPath: rspamd.path } : rspamd;
  return await new Promise((resolve, reject) => {
    const asked = request({ ...where, path: '/checkv2', method: 'POST', headers }, async (response) => {
      resolve(JSON.parse(Buffer.concat(await response.toArray()).toString()));
    });
    asked.on('error', reject);
    asked.end(message);
  });
}

/** Sends all at once and resolves with all that was said until the other side closes. */
function talk(endpoint: Endpoint, script: string | Buffer): Promise<string> {
  return talkOver(connect(connectOptions(endpoint)), script);
}

async function talkOver(socket: Socket, script: string | Buffer): Promise<string> {
  socket.write(script);
  return Buffer.concat(await socket.toArray()).toString('latin1');
}

/** A stored entry with the bit "encrypted" and noise as its content. */
function encryptedZip(): Buffer {
  const name = Buffer.from('rahsia.txt');
  const content = randomBytes(60);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(1, 2);
  common.writeUInt32LE(0x12345678, 10);
  common.writeUInt32LE(content.length, 14);
  common.writeUInt32LE(content.length - 12, 18);
  common.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, name, content]);
  const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, Buffer.alloc(14), name]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}
