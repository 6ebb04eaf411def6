/** geganti quarantine: kept mail is listed by what people know of it, shown without its content, let go and deleted. */
import { describe, expect, test } from 'vitest';
import type { KeptContents, KeptMessageInFull } from '../../src/http/resources.ts';
import type { Finding } from '../../src/mail/finding.ts';
import { verdict } from '../support/messages.ts';
import { CLIENT, ID, LOGIN, NOW, PIPE, problem, run, startStandIn } from './cli-stand-ins.ts';

const id = (number: number): string => `m1kfq3x8z0a7c2${String(number).padStart(4, '0')}`;
const DAY = 86_400_000;

const findings: readonly Finding[] = [
  {
    reason: 'external-storage',
    detail: 'hxxps://www[.]dropbox[.]com/s/abc',
    part: '1.2',
    action: 'refuse',
  },
  { reason: 'external-storage', detail: 'hxxps://we[.]tl/x', part: '1.2', action: 'refuse' },
  { reason: 'sealed', detail: 'application/pkcs7-mime', part: null, action: 'observe' },
];
const kept: KeptMessageInFull = {
  id: ID,
  reason: 'external-storage',
  detail: 'hxxps://www[.]dropbox[.]com/s/abc',
  sender: 'ali@moh.example',
  from: 'Ali <ali@moh.example>',
  subject: 'Minit \u202emesyuarat\x1b[2J',
  recipients: ['siti@moh.example', 'omar@moh.example'],
  sizeBytes: 20_480,
  receivedAt: NOW - 90_000,
  keptAt: NOW,
  expiresAt: NOW + DAY,
  door: 'submission',
  client: CLIENT,
  login: LOGIN,
  messageIdHeader: '<1@moh.example>',
  verdict: verdict('clean', { action: 'refuse', findings, score: 0.1 }),
};
const { door, client, login, messageIdHeader, verdict: _, ...item } = kept;
const contents: KeptContents = {
  fields: [
    { name: 'received', value: 'from laptop' },
    { name: 'from', value: 'Ali <ali@moh.example>' },
    { name: 'subject', value: kept.subject ?? '' },
  ],
  parts: [
    { path: '', depth: 0, type: 'multipart/mixed', names: [], disposition: null, sizeBytes: null },
    { path: '1', depth: 1, type: 'multipart/alternative', names: [], disposition: null, sizeBytes: null },
    { path: '1.1', depth: 2, type: 'text/plain', names: [], disposition: null, sizeBytes: 120 },
    { path: '1.2', depth: 2, type: 'text/html', names: [], disposition: null, sizeBytes: 2_048 },
    {
      path: '2',
      depth: 1,
      type: 'application/pdf',
      names: ['borang\u202efdp.exe', 'b.pdf'],
      disposition: 'attachment',
      sizeBytes: 15_000,
    },
  ],
  cut: true,
};
const shown = { [`GET /quarantine/${ID}`]: kept, [`GET /quarantine/${ID}/contents`]: contents };

describe('list', () => {
  for (const columns of [80, 160]) {
    test(`fits ${columns} columns, and says where the next page is`, async () => {
      const next = `${NOW}.${ID}`;
      await using api = await startStandIn({ 'GET /quarantine': { total: 2, items: [item], next } });
      const { out, err } = await run(api.socket, ['quarantine', 'list', '--limit', '1'], { columns });
      expect(out).toMatchSnapshot();
      for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
      expect(err).toBe(`geganti: 1 of 2 messages shown; the next: --after ${next}\n`);
    });
  }

  const filters: [string, string][] = [
    ['--agency moh --reason external-storage', 'agency=moh&reason=external-storage&limit=100'],
    ['--sender a@x --recipient @y --limit 5', 'sender=a%40x&recipient=%40y&limit=5'],
    ['--since 2d --older 12h', `since=${NOW - 2 * DAY}&until=${NOW - DAY / 2}&limit=100`],
    ['--newer 7d', `since=${NOW - 7 * DAY}&limit=100`],
    ['--older 2026-11-24', `until=${Date.UTC(2026, 10, 23, 16)}&limit=100`],
    ['--after 12.m1', 'limit=100&cursor=12.m1'],
  ];
  for (const [options, query] of filters) {
    test(`${options}: is what the server is asked for`, async () => {
      await using api = await startStandIn({ 'GET /quarantine': { total: 0, items: [], next: null } });
      const { err } = await run(api.socket, ['quarantine', 'list', ...options.split(' ')]);
      expect(String(api.asked[0]?.query)).toBe(query);
      expect(err).toMatch(options.startsWith('--after') ? /nothing is in/ : /nothing in quarantine fits/);
    });
  }

  const wrong: [string, RegExp][] = [
    ['--older never', /--older is a time such as/],
    ['--since 1d --newer 1d', /the same/],
    ['--since 1d --older 2d', /nothing is since/],
    ['--reason infected', /--reason is one of .*virus/],
  ];
  for (const [options, complaint] of wrong) {
    test(`${options}: is wrong usage`, async () => {
      await using api = await startStandIn();
      const { code, err } = await run(api.socket, ['quarantine', 'list', ...options.split(' ')]);
      expect([code, err]).toEqual([2, expect.stringMatching(complaint)]);
    });
  }
});

describe('show', () => {
  test('says why it is kept and what it is made of; what a stranger wrote is harmless', async () => {
    await using api = await startStandIn(shown);
    const { out } = await run(api.socket, ['quarantine', 'show', ID]);
    expect(out).toMatchSnapshot();
    expect(out).not.toMatch(/[\u202e\x1b]/);
  });

  test('--headers has every line of the header', async () => {
    await using api = await startStandIn(shown);
    const { out } = await run(api.socket, ['quarantine', 'show', ID, '--headers'], PIPE);
    expect(out).toMatch(/^ {2}received\tfrom laptop$/m);
  });

  test('--json is the whole', async () => {
    await using api = await startStandIn(shown);
    const { out } = await run(api.socket, ['quarantine', 'show', ID, '--json']);
    expect(JSON.parse(out)).toEqual({ ...kept, ...contents });
    expect(out).not.toMatch(/[\u202e\x1b]/);
  });

  test('of one whose content is damaged, the rest', async () => {
    await using api = await startStandIn({ [`GET /quarantine/${ID}`]: kept });
    const { code, out } = await run(api.socket, ['quarantine', 'show', ID]);
    expect([code, out]).toEqual([0, expect.stringMatching(/its content cannot be read/)]);
  });
});

describe('release', () => {
  const path = `POST /quarantine/${ID}/release`;

  test('to all or to some, with a virus only by force', async () => {
    await using api = await startStandIn({ [path]: { message: id(1) } });
    expect((await run(api.socket, ['quarantine', 'release', ID])).out).toBe(
      `${ID} goes on as ${id(1)}; see: geganti log show ${id(1)}\n`,
    );
    const some = ['--to', 'siti@moh.example', '--recipient', 'omar@moh.example', '--force'];
    await run(api.socket, ['quarantine', 'release', ID, ...some]);
    expect(api.asked.map(({ body }) => body)).toEqual([
      {},
      { recipients: ['siti@moh.example', 'omar@moh.example'], force: true },
    ]);
    api.answers.set(path, problem(422, 'it has a virus; release it with --force all the same'));
    expect(await run(api.socket, ['quarantine', 'release', ID, '--json'])).toEqual({
      code: 1,
      out: '',
      err: '{"problem":"it has a virus; release it with --force all the same"}\n',
    });
  });

  test('of several: one that is refused does not keep the others', async () => {
    const answers = {
      [path]: problem(422, 'it has a virus'),
      [`POST /quarantine/${id(1)}/release`]: { message: id(2) },
    };
    await using api = await startStandIn(answers);
    expect(await run(api.socket, ['quarantine', 'release', ID, id(1)])).toEqual({
      code: 1,
      out: `${id(1)} goes on as ${id(2)}; see: geganti log show ${id(2)}\n`,
      err: 'geganti: it has a virus\n',
    });
    const { out } = await run(api.socket, ['quarantine', 'release', id(1), ID, '--json']);
    expect(JSON.parse(out)).toEqual({
      released: [{ id: id(1), message: id(2) }],
      failed: [{ id: ID, problem: 'it has a virus' }],
    });
    api.answers.set(path, problem(503, 'the receiver is away'));
    api.asked.length = 0;
    expect((await run(api.socket, ['quarantine', 'release', ID, id(1)])).code).toBe(1);
    expect(api.asked).toHaveLength(1);
  });

  test('of none is wrong usage', async () => {
    await using api = await startStandIn();
    expect((await run(api.socket, ['quarantine', 'release'])).code).toBe(2);
  });
});

describe('delete', () => {
  test('by id, or by filter when --yes is said', async () => {
    let left = [id(1), id(2), id(3)];
    const answers = Object.fromEntries(
      left.map((each) => [
        `DELETE /quarantine/${each}`,
        () => {
          left = left.filter((other) => other !== each);
          return item;
        },
      ]),
    );
    await using api = await startStandIn({
      ...answers,
      'GET /quarantine': () => ({
        total: left.length,
        items: left.map((each) => ({ ...item, id: each })),
        next: null,
      }),
    });
    expect(await run(api.socket, ['quarantine', 'delete', id(1), id(9)])).toEqual({
      code: 1,
      out: '1 message deleted\n',
      err: `geganti: no message ${id(9)} is in quarantine\n`,
    });
    const argv = ['quarantine', 'delete', '--older', '7d'];
    expect((await run(api.socket, argv)).err).toBe(
      'geganti: 2 messages would be deleted; say so again with --yes\n',
    );
    expect(left).toHaveLength(2);
    expect(JSON.parse((await run(api.socket, [...argv, '--yes', '--json'])).out)).toEqual({
      deleted: [id(2), id(3)],
    });
    expect(api.asked.at(-1)?.query.get('until')).toBe(String(NOW - 7 * DAY));
    expect(left).toEqual([]);
  });

  test('whatever else goes wrong ends the work', async () => {
    await using api = await startStandIn({
      [`DELETE /quarantine/${id(1)}`]: problem(500, 'unexpected error'),
    });
    expect(await run(api.socket, ['quarantine', 'delete', id(1), id(2)])).toEqual({
      code: 1,
      out: '',
      err: 'geganti: unexpected error\n',
    });
    expect(api.asked).toHaveLength(1);
  });
});
