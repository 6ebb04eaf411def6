/** geganti agency, user and token: what the directory has is listed, shown and changed; secrets are shown once. */
import { expect, test } from 'vitest';
import type { Agency, Token, User } from '../../src/http/resources.ts';
import { NOW, PIPE, problem, run, startStandIn } from './cli-stand-ins.ts';

const MOH: Agency = {
  id: 'agency-1',
  code: 'moh',
  name: 'Kementerian Kesihatan',
  domains: ['moh.example', 'hq.moh.example'],
  gradeScheme: 'classic',
  quotaBytes: null,
  createdAt: NOW,
};
const ALI: User = {
  id: 'user-1',
  agency: 'moh',
  address: 'ali@moh.example',
  name: 'Ali bin Abu',
  grade: 'N29',
  quotaBytes: null,
  effectiveQuotaBytes: 500 * 1024 * 1024,
  active: true,
  administrator: false,
  createdAt: NOW,
};
const SITI: User = { ...ALI, address: 'siti@moh.example', quotaBytes: 2 * 1024 ** 3, administrator: true };
const ROOT = 'ali@moh.example';

test('agencies are added, listed, shown and changed', async () => {
  await using api = await startStandIn({
    'POST /agencies': MOH,
    'GET /agencies': { agencies: [MOH] },
    'GET /agencies/moh': MOH,
    'PATCH /agencies/moh': { ...MOH, quotaBytes: 1024 ** 3 },
  });
  const say = (line: string[], options = {}) => run(api.socket, line, options);
  const add = ['agency', 'add', 'moh', '--name', 'Kementerian Kesihatan', '--domain', 'moh.example'];
  expect((await say(add)).out).toBe(
    'Agency moh (Kementerian Kesihatan) added, with moh.example, hq.moh.example\n',
  );
  expect(api.asked[0]?.body).toEqual({
    code: 'moh',
    name: 'Kementerian Kesihatan',
    domains: ['moh.example'],
    gradeScheme: 'classic',
    quotaBytes: null,
  });
  expect((await say(['agency', 'list'])).out).toMatchSnapshot();
  expect((await say(['agency', 'list'], PIPE)).out).toBe(
    'moh\tKementerian Kesihatan\tmoh.example, hq.moh.example\tclassic\tby grade\n',
  );
  expect((await say(['agency', 'show', 'moh'])).out).toMatchSnapshot();
  const changes = [
    '--name',
    'KKM',
    '--quota',
    '1 GB',
    '--add-domain',
    'b.example',
    '--add-domain',
    'c.example',
  ];
  expect((await say(['agency', 'set', 'moh', ...changes])).out).toBe(
    'Agency moh is now: Kementerian Kesihatan, with moh.example, hq.moh.example, mailboxes 1 GB\n',
  );
  expect(api.asked.at(-1)?.body).toEqual({
    name: 'KKM',
    quotaBytes: 1024 ** 3,
    addDomains: ['b.example', 'c.example'],
  });
  await say(['agency', 'set', 'moh', '--quota', 'default']);
  expect(api.asked.at(-1)?.body).toEqual({ quotaBytes: null });
});

test('users are added, listed, shown and changed; a password is shown once', async () => {
  await using api = await startStandIn({
    'POST /users': { user: ALI, password: 'correct-horse' },
    'GET /users': { users: [ALI, SITI, { ...ALI, address: 'old@moh.example', active: false }] },
    [`GET /users/${ROOT}`]: SITI,
    [`PATCH /users/${ROOT}`]: ({ body }) => ({ ...ALI, ...(body as object) }),
    [`POST /users/${ROOT}/password`]: { user: ALI, password: 'battery-staple' },
  });
  const say = async (...line: string[]) => (await run(api.socket, line)).out;
  expect(await say('user', 'add', ROOT, '--name', 'Ali', '--grade', 'N29', '--administrator')).toBe(
    'User ali@moh.example added: grade N29, mailbox of 500 MB\nPassword (shown only now): correct-horse\n',
  );
  expect(api.asked[0]?.body).toEqual({
    address: ROOT,
    name: 'Ali',
    grade: 'N29',
    quotaBytes: null,
    administrator: true,
  });
  expect(await say('user', 'list', '--agency', 'moh')).toMatchSnapshot();
  expect(String(api.asked.at(-1)?.query)).toBe('agency=moh');
  expect(await say('user', 'show', ROOT)).toMatchSnapshot();
  expect(await say('user', 'set', ROOT, '--grade', 'N32', '--administrator')).toBe(
    'User ali@moh.example is now: Ali bin Abu, grade N32, mailbox of 500 MB, administrator\n',
  );
  await say('user', 'set', ROOT, '--no-administrator', '--quota', 'default');
  expect(api.asked.at(-1)?.body).toEqual({ administrator: false, quotaBytes: null });
  expect(await say('user', 'disable', ROOT)).toBe('User ali@moh.example is disabled\n');
  expect(await say('user', 'enable', ROOT)).toBe('User ali@moh.example is active\n');
  expect(await say('user', 'password', ROOT)).toContain('Password (shown only now): battery-staple');
});

test('tokens are added with their end, listed and removed; a secret is shown once', async () => {
  const token: Token = {
    name: 'prometheus',
    right: 'metrics',
    expiresAt: NOW + 90 * 86_400_000,
    createdAt: NOW,
  };
  await using api = await startStandIn({
    'POST /tokens': { token, secret: 's3cret' },
    'GET /tokens': { tokens: [token, { ...token, name: 'console', right: 'operator', expiresAt: null }] },
    'DELETE /tokens/prometheus': token,
  });
  const say = async (...line: string[]) => (await run(api.socket, line)).out;
  const add = ['token', 'add', 'prometheus', '--right', 'metrics'];
  expect(await say(...add, '--expires', '90d')).toBe(
    'Token prometheus added: right metrics, until 22 Feb 2027 16:40:12\nSecret (shown only now): s3cret\n',
  );
  await say(...add);
  const asked = { name: 'prometheus', right: 'metrics' };
  expect(api.asked.map(({ body }) => body)).toEqual([
    { ...asked, expiresAt: NOW + 90 * 86_400_000 },
    { ...asked, expiresAt: null },
  ]);
  expect(await say('token', 'list')).toMatchSnapshot();
  expect(await say('token', 'remove', 'prometheus')).toBe('Token prometheus removed\n');
});

test('what the server refuses is one line, in its words', async () => {
  await using api = await startStandIn({
    'POST /users': problem(409, 'user address "ali@moh.example" is taken; choose another'),
  });
  const add = ['user', 'add', ROOT, '--name', 'Ali', '--grade', 'N29'];
  const words = 'user address "ali@moh.example" is taken; choose another';
  expect(await run(api.socket, add)).toEqual({ code: 1, out: '', err: `geganti: ${words}\n` });
  expect(await run(api.socket, [...add, '--json'])).toEqual({
    code: 1,
    out: '',
    err: `${JSON.stringify({ problem: words })}\n`,
  });
});

const wrong: [string, string[], string][] = [
  [
    'a quota that is no size',
    ['user', 'add', ROOT, '--name', 'A', '--grade', 'N29', '--quota', 'big'],
    '--quota is a size such as "500 MB" or 2GB, or the word default, not "big"',
  ],
  ['no change of a user', ['user', 'set', ROOT], 'nothing to change'],
  ['no change of an agency', ['agency', 'set', 'moh'], 'nothing to change'],
  [
    'two opposite changes',
    ['user', 'set', ROOT, '--administrator', '--no-administrator'],
    'exclude each other',
  ],
  ['a token without a right', ['token', 'add', 'x'], '--right RIGHT is missing'],
  ['a right that is none', ['token', 'add', 'x', '--right', 'reed'], 'did you mean "read"?'],
  [
    'an end that is over',
    ['token', 'add', 'x', '--right', 'read', '--expires', '2026-11-24 08:00'],
    '--expires is a time to come, not 24 Nov 2026 08:00:00',
  ],
  ['an end that is no time', ['token', 'add', 'x', '--right', 'read', '--expires', 'soon'], '30d (from now)'],
];
for (const [name, argv, message] of wrong) {
  test(`${name} is wrong usage`, async () => {
    const { code, err } = await run('/nonexistent', argv);
    expect(err).toContain(message);
    expect(code).toBe(2);
  });
}
