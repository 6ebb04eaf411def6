/**
 * An operator's day with agencies, people and programs, by the real command on a running stack: what is changed holds at
 * once at every door, programs have the rights of their token, and no secret is in any log.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AgencyList, TokenWithSecret, UserList, UserWithPassword } from '../../src/http/resources.ts';
import { type Command, commandFor } from '../support/command.ts';
import { plainToken } from '../support/doors.ts';
import { letterText, type Running, type RunningUser, startRunning } from '../support/running.ts';
import { waitFor } from '../support/wait-for.ts';
import { call } from './api-call.ts';

const WONG = 'wong@partner.example';
let running: Running;
let command: Command;
let port: number;
/** All that were made or tried, for the last test. */
const secrets = new Set<string>();

beforeAll(async () => {
  port = await freePort();
  running = await startRunning({ GEGANTI_API_LISTEN: `127.0.0.1:${port}`, GEGANTI_LOG_LEVEL: 'debug' });
  command = commandFor(running);
});
afterAll(() => running?.[Symbol.asyncDispose]());

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

async function addUser(address: string, ...options: string[]): Promise<RunningUser> {
  const argv = ['user', 'add', address, '--name', 'Aminah binti Ali', '--grade', 'N29', ...options];
  const { password } = await command.json<UserWithPassword>(...argv);
  secrets.add(password);
  return { address, password };
}

async function addToken(name: string, right: string): Promise<Record<string, string>> {
  const { secret } = await command.json<TokenWithSecret>('token', 'add', name, '--right', right);
  secrets.add(secret);
  return { authorization: `Bearer ${secret}` };
}

async function send(to: string): Promise<void> {
  const content = letterText(WONG, to);
  const { id, reply } = await running.send({ door: 'mx', from: WONG, to: [to], content });
  if (!id) throw new Error(`refused: ${reply}`);
  await running.ended(id, 1);
}

async function subjects(user: RunningUser): Promise<string[]> {
  await using mailbox = await running.mailbox(user);
  return (await mailbox.messages('INBOX')).map(({ subject }) => subject);
}

test('agencies and users are added, listed, shown and changed', async () => {
  const name = 'Kementerian Pelajaran';
  expect(await command.say('agency', 'add', 'moe', '--name', name, '--domain', 'moe.example')).toBe(
    `Agency moe (${name}) added, with moe.example\n`,
  );
  await command.say('agency', 'set', 'moe', '--add-domain', 'hq.moe.example', '--quota', '2GB');
  const { agencies } = await command.json<AgencyList>('agency', 'list');
  expect(agencies.find(({ code }) => code === 'moe')).toMatchObject({
    domains: ['moe.example', 'hq.moe.example'],
  });
  expect(await command.say('agency', 'show', 'moe')).toContain('hq.moe.example');

  const user = await addUser('ali@hq.moe.example');
  await command.say('user', 'set', user.address, '--grade', 'N32', '--name', 'Ali');
  const { users } = await command.json<UserList>('user', 'list', '--agency', 'moe');
  expect(users).toMatchObject([{ address: user.address, name: 'Ali', grade: 'N32', active: true }]);
  expect(await command.say('user', 'show', user.address)).toMatch(/^Mailbox\t2 GB$/m);
  await send(user.address);
  expect(await subjects(user)).toEqual([user.address]);

  for (const [argv, problem] of [
    [['user', 'show', 'siapa@moh.example'], 'siapa@moh.example'],
    [['user', 'add', 'x@other.example', '--name', 'x', '--grade', 'N29'], 'other.example'],
    [['agency', 'add', 'moe', '--name', name, '--domain', 'm.example'], 'moe'],
    [['token', 'remove', 'nobody'], 'nobody'],
    [['log', 'show', 'm1'], 'm1'],
  ] as const) {
    const { code, out, err } = await command.run(...argv, '--json');
    expect([code, out], argv.join(' ')).toEqual([1, '']);
    expect(JSON.parse(err)).toEqual({ problem: expect.stringContaining(problem) });
  }
  const usage = await command.run('user', 'add', 'x@moh.example', '--json');
  expect([usage.code, JSON.parse(usage.err)]).toEqual([2, { problem: expect.stringContaining('--name') }]);
});

test('postmaster@ and abuse@ reach the administrators of the agency, as they are now', async () => {
  const ali = await addUser('ali@moh.example', '--administrator');
  const siti = await addUser('siti@moh.example');
  await send('postmaster@moh.example');
  await send('ABUSE@moh.example');
  expect(await subjects(ali)).toEqual(['postmaster@moh.example', 'ABUSE@moh.example']);
  expect(await subjects(siti)).toEqual([]);
  await command.say('user', 'set', siti.address, '--administrator');
  await command.say('user', 'set', ali.address, '--no-administrator');
  await send('abuse@moh.example');
  expect(await subjects(siti)).toEqual(['abuse@moh.example']);
  expect(await subjects(ali)).toHaveLength(2);
});

test('who is disabled cannot log in at once, by SMTP and IMAP, nor with an old password', async () => {
  const user = await addUser('devi@moh.example');
  const login = async (password = user.password): Promise<string> => {
    const dialogue = await running.connect('submissions');
    await dialogue.say(`AUTH PLAIN ${plainToken(user.address, password)}`);
    const reply = await dialogue.expect(/^\d{3}/);
    dialogue.destroy();
    return reply.slice(0, 3);
  };
  expect([await login(), await subjects(user)]).toEqual(['235', []]);
  const open = await running.connect('submissions', user);

  expect(await command.say('user', 'disable', user.address)).toBe(`User ${user.address} is disabled\n`);
  expect(await login()).toBe('535');
  await expect(running.mailbox(user)).rejects.toThrow();
  await expect(send(user.address)).rejects.toThrow('550');
  // Also where somebody is logged in already.
  await open.ask(`MAIL FROM:<${user.address}>`, /^[45]/);
  open.destroy();
  expect(await command.say('user', 'list')).toMatch(/^devi@moh\.example\t.*\tdisabled$/m);

  await command.say('user', 'enable', user.address);
  const { password } = await command.json<UserWithPassword>('user', 'password', user.address);
  secrets.add(password);
  expect([await login(), await login(password)]).toEqual(['535', '235']);
  expect(await subjects({ ...user, password })).toEqual([]);
  secrets.add('kata-laluan-yang-salah');
  expect(await login('kata-laluan-yang-salah')).toBe('535');
});

test('programs have the rights of their token, and none once it is removed', async () => {
  const metrics = await addToken('prometheus', 'metrics');
  const reader = await addToken('console', 'read');
  const operator = await addToken('robot', 'operator');
  secrets.add('geg_wrong-but-secret');
  const callers = [metrics, reader, operator, { authorization: 'Bearer geg_wrong-but-secret' }, {}];
  const expected: [string, string, object | undefined, number[]][] = [
    ['GET', '/openapi.json', undefined, [200, 200, 200, 200, 200]],
    ['GET', '/health/ready', undefined, [200, 200, 200, 200, 200]],
    ['GET', '/metrics', undefined, [200, 200, 200, 401, 401]],
    ['GET', '/log', undefined, [403, 200, 200, 401, 401]],
    ['GET', '/users', undefined, [403, 200, 200, 401, 401]],
    ['POST', '/queue/retry', { ids: ['m1kfq3x8z0a7c2d4e6'] }, [403, 403, 200, 401, 401]],
    ['POST', '/users/ali@moh.example/password', undefined, [403, 403, 200, 401, 401]],
  ];
  for (const [method, url, body, statuses] of expected) {
    const found: number[] = [];
    for (const headers of callers) {
      const answer = await call(port, method, url, { headers, ...(body && { body }) });
      found.push(answer.status);
      if (typeof answer.body.password === 'string') secrets.add(answer.body.password);
    }
    expect(found, `${method} ${url}`).toEqual(statuses);
  }
  expect((await call(port, 'GET', '/openapi.json')).body).toHaveProperty('openapi');
  expect(await command.say('token', 'list')).toMatch(/^console\tread\t/m);
  await command.say('token', 'remove', 'console');
  expect((await call(port, 'GET', '/log', { headers: reader })).status).toBe(401);
});

test('the metrics move with the mail', async () => {
  const headers = await addToken('grafana', 'metrics');
  const figure = async (name: string): Promise<number> => {
    const { text } = await call(port, 'GET', '/metrics', { headers });
    const lines = text
      .split('\n')
      .filter((line) => line.startsWith(name) && /^[{ ]/.test(line.slice(name.length)));
    if (lines.length === 0) throw new Error(`no ${name} in:\n${text}`);
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  };
  const names = ['geganti_messages_accepted_total', 'geganti_recipients_delivered_total'];
  const before = await Promise.all(names.map(figure));
  for (let n = 0; n < 3; n++) await send('siti@moh.example');
  await waitFor('the figures', async () => {
    const now = await Promise.all(names.map(figure));
    return now.every((value, at) => value === (before[at] ?? 0) + 3) ? true : undefined;
  });
});

test('/health/ready is 503 while the receiver is stopped, and 200 when it is back', async () => {
  const ready = () => call(port, 'GET', '/health/ready');
  expect((await ready()).status).toBe(200);
  await running.stack.stop('receive');
  const away = await waitFor('the 503', async () => {
    const answer = await ready();
    return answer.status === 503 ? answer : undefined;
  });
  expect(away.text).toContain('receiver');
  expect((await call(port, 'GET', '/health/live')).status).toBe(200);
  await running.stack.start('receive');
  await waitFor('the 200', async () => ((await ready()).status === 200 ? true : undefined));
});

test('no password, token or secret is in any log', () => {
  expect(secrets.size).toBeGreaterThan(8);
  const wanted = [...secrets].flatMap((secret) => [
    secret,
    Buffer.from(secret).toString('base64').slice(0, -4),
  ]);
  let files = 0;
  let all = '';
  for (const name of readdirSync(join(running.data, 'log'), { recursive: true, encoding: 'utf8' })) {
    const path = join(running.data, 'log', name);
    if (!statSync(path).isFile()) continue;
    files++;
    const text = readFileSync(path, 'utf8');
    all += text;
    for (const secret of wanted) expect(text.includes(secret), `${secret} in ${name}`).toBe(false);
  }
  expect(files).toBeGreaterThan(6);
  // Who was changed is there, so this looked in the right place.
  expect(all).toContain('"devi@moh.example"');
});
