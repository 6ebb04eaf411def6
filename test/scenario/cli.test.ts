/** The geganti command tells what the server says, to people and to scripts, and every failure in one line. */

import { createServer } from 'node:http';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { runCli } from '../../src/cli/run.ts';
import { Problem } from '../../src/lib/problem.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import {
  BOUNCE,
  envelope,
  fixedClock,
  ID,
  NOW,
  recordPath,
  SITI,
  startSmallServer,
} from './api-stand-ins.ts';

interface Options {
  readonly isTerminal?: boolean;
  readonly env?: Record<string, string>;
  readonly signal?: AbortSignal;
}

/** Starts a command; `out` and `err` grow while it runs. */
function begin(path: string, argv: readonly string[], options: Options = {}) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const seen = { out: '', err: '' };
  stdout.on('data', (chunk) => {
    seen.out += chunk;
  });
  stderr.on('data', (chunk) => {
    seen.err += chunk;
  });
  const ran = async (name: string): Promise<number> => {
    stdout.write(`${name} runs\n`);
    return 0;
  };
  const done = runCli(argv, {
    endpoint: { kind: 'unix', path },
    timezone: 'Asia/Kuala_Lumpur',
    stdout,
    stderr,
    isTerminal: options.isTerminal ?? true,
    env: options.env ?? { NO_COLOR: '1' },
    commands: { serve: () => ran('serve'), up: () => ran('up') },
    clock: fixedClock,
    ...(options.signal && { signal: options.signal }),
  });
  return { seen, stdout, done };
}

async function run(path: string, argv: readonly string[], options?: Options) {
  const { seen, done } = begin(path, argv, options);
  const code = await done;
  return { code, ...seen };
}

const NOWHERE = '/nonexistent/api.sock';

test('agencies and users are added and listed, the password is shown once', async () => {
  await using server = await startSmallServer();
  const say = (...argv: string[]) => run(server.path, argv);
  expect(await say('agency', 'list')).toEqual({
    code: 0,
    out: '',
    err: 'geganti: no agency yet; add one with: geganti agency add\n',
  });
  const add = ['agency', 'add', 'moh', '--name', 'Kementerian Kesihatan', '--domain', 'moh.example'];
  expect((await say(...add)).out).toBe('Agency moh (Kementerian Kesihatan) added, with moh.example\n');
  expect(await say(...add)).toEqual({
    code: 1,
    out: '',
    err: 'geganti: agency code "moh" is taken; choose another\n',
  });
  const user = await say(
    'user',
    'add',
    'ali@moh.example',
    '--name',
    'Ali',
    '--grade',
    'N29',
    '--quota',
    '2GB',
  );
  expect(user.out).toBe(
    'User ali@moh.example added: grade N29, mailbox of 2 GB\nPassword (shown only now): correct-horse\n',
  );
  expect((await say('user', 'list', '--agency', 'moh')).out).toBe(
    'ADDRESS          NAME  GRADE  MAILBOX     STATE\nali@moh.example  Ali   N29    2 GB (own)  active\n',
  );
  expect((await say('user', 'password', 'ali@moh.example')).out).toContain('battery-staple');
  expect((await say('user', 'password', 'x@moh.example')).err).toMatch(/there is no user x@moh\.example/);
  expect(
    await say('user', 'add', 'b@moh.example', '--name', 'B', '--grade', 'N29', '--quota', 'big'),
  ).toMatchObject({
    code: 2,
    err: 'geganti: --quota is a size such as "500 MB" or 2GB, not "big"\n',
  });
});

test('the path of a message is told in local time, the meaning first, what SMTP said second', async () => {
  await using server = await startSmallServer();
  recordPath(server.trace);
  expect((await run(server.path, ['log', 'show', ID])).out).toBe(`Message ${ID}
  from          ali@moh.example
  logged in as  ali@moh.example
  to            siti@moh.example, gone@moh.example
  size          20 kB
  Message-ID    <1@moh.example>
  caused        ${BOUNCE}, its bounce (geganti log show ${BOUNCE})

24 Nov 2026 16:40:12  Accepted at submission from 10.0.0.5: ali@moh.example to siti@moh.example and 1 more, 20 kB
24 Nov 2026 16:40:12  Scanned in 40 ms: clean, score 0.1 (junk from 6)
                      MIME_GOOD
24 Nov 2026 16:40:12  Delivered to siti@moh.example, folder INBOX
                      250 2.0.0 Saved
24 Nov 2026 16:40:12  Not deliverable to gone@moh.example; the sender is told by ${BOUNCE}
                      550 5.1.1 No such user
`);
  expect((await run(server.path, ['log', 'show', BOUNCE])).out).toContain(`caused by   ${ID}`);
  expect(await run(server.path, ['log', 'show', ID.replace('q', 'r')])).toMatchObject({
    code: 1,
    err: `geganti: the delivery log knows no message ${ID.replace('q', 'r')}\n`,
  });
});

test('the last events are one line each, and a stranger’s text stays text', async () => {
  await using server = await startSmallServer();
  const client = { address: '192.0.2.9', helo: 'x', tls: null };
  const refused = {
    door: 'mx',
    client,
    login: null,
    sender: null,
    recipient: 'x@y\x1b[2J',
    command: 'RCPT',
  } as const;
  server.trace.record({ kind: 'refused', id: null, ...refused, reply: '550 5.1.1 No\x07 such user' });
  server.trace.record({ kind: 'login-failed', id: null, door: 'submission', client, name: 'root' });
  const { out } = await run(server.path, ['log', '-n', '5']);
  expect(out).toBe(
    '24 Nov 2026 16:40:12  -                   Refused at mx (RCPT) from <> to x@y?[2J, client 192.0.2.9  550 5.1.1 No? such user\n' +
      '24 Nov 2026 16:40:12  -                   Login failed for "root" at submission, from 192.0.2.9\n',
  );
  expect(await run(server.path, ['log', '-n', 'many'])).toMatchObject({
    code: 2,
    err: 'geganti: --last is a whole number from 1 to 10000, not "many"\n',
  });
});

test('log -f shows each event as it comes, and ends well when asked to', async () => {
  await using server = await startSmallServer();
  const ask = new AbortController();
  const { seen, done } = begin(server.path, ['log', '-f'], { signal: ask.signal });
  recordPath(server.trace);
  await waitFor('the events', () => (seen.out.split('\n').length === 6 ? true : undefined));
  ask.abort();
  expect(await done).toBe(0);
  expect(seen.err).toBe('');
});

test('log -f says why it ends when the server stops', async () => {
  await using server = await startSmallServer();
  const { seen, done } = begin(server.path, ['log', '-f', '--json']);
  recordPath(server.trace);
  await waitFor('the events', () => (seen.out.split('\n').length === 6 ? true : undefined));
  await server.stop();
  expect(await done).toBe(1);
  expect(seen.err).toBe('geganti: log: the server is stopping\n');
  for (const line of seen.out.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('kind');
});

test('log -f ends when its reader has left', async () => {
  await using server = await startSmallServer();
  const { done, stdout } = begin(server.path, ['log', '-f']);
  stdout.destroy(new Error('EPIPE'));
  expect(await done).toBe(0);
});

describe('status', () => {
  test('shows every part, the age of the signatures, spool and queue', async () => {
    await using server = await startSmallServer();
    expect(await run(server.path, ['status'])).toEqual({
      code: 0,
      err: '',
      out: `Geganti 0.1.0, running for 2 h 3 m, since 24 Nov 2026 14:37:12

PART   STATE  SINCE                 DETAIL
redis  up     24 Nov 2026 14:37:12  /run/redis.sock
clamd  up

Virus signatures  1 d 2 h old, of 23 Nov 2026 14:40:12
Spool             0 messages, 1 segment, 0 parked, 43 % free
Queue             0 waiting, 0 running, 0 deferred
Delivery log      complete
`,
    });
  });

  test('exits with 1 when a part is down, and says loudly what is wrong', async () => {
    await using server = await startSmallServer();
    server.status.parts = [
      { name: 'clamd', up: false, detail: 'connect ENOENT /run/clamd.sock', since: NOW },
    ];
    server.status.signatures = { date: null, testOnly: true };
    server.status.spool = { ...server.status.spool, full: true };
    server.status.queue = { ...server.status.queue, available: false };
    server.status.lostEvents = 3;
    const { code, out } = await run(server.path, ['status']);
    expect(code).toBe(1);
    for (const text of [
      'DOWN',
      'ONLY THE TEST VIRUS',
      'new mail is refused',
      'not available',
      '3 events lost',
    ]) {
      expect(out).toContain(text);
    }
  });
});

test('queue and quarantine are listed with what an operator needs', async () => {
  await using server = await startSmallServer();
  expect((await run(server.path, ['queue', 'list'])).err).toBe('geganti: no message waits\n');
  expect((await run(server.path, ['quarantine', 'list'])).err).toBe('geganti: nothing is in quarantine\n');
  const verdict = { kind: 'infected', signature: 'Eicar', score: 0, junkScore: 6, symbols: [] } as const;
  const item = {
    envelope: envelope(ID),
    recipients: [SITI],
    reason: 'infected',
    verdict,
    detail: 'Eicar',
  } as const;
  server.kept.push({ ...item, keptAt: NOW, expiresAt: NOW + 86_400_000 });
  const scan = { attempts: 1, nextTryAt: NOW + 60_000, reason: 'connect ENOENT' };
  const pending = { address: SITI, outcome: null, attempts: 0, nextTryAt: 0, reason: null };
  server.waiting.push({ envelope: envelope(ID), verdict: null, recipients: [pending], scan });
  expect((await run(server.path, ['queue', 'list'], { isTerminal: false })).out).toBe(
    `${ID}\tscan\t1 m 30 s\t20 kB\tali@moh.example\tsiti@moh.example\t1\t24 Nov 2026 16:41:12\tconnect ENOENT\n`,
  );
  expect((await run(server.path, ['quarantine', 'list'])).out).toMatch(/infected {2}ali@moh\.example/);
  const shown = await run(server.path, ['quarantine', 'show', ID]);
  expect(shown.out).toMatch(/^Message {7}m1kfq3x8z0a7c2d4e6\n(.*\n)*Deleted {7}25 Nov 2026 16:40:12/);
  expect((await run(server.path, ['log', 'show', ID])).out).toMatch(
    /Still in the spool after 1 m 30 s, to be scanned/,
  );
});

test('--json prints JSON for every command that asks the server', async () => {
  await using server = await startSmallServer();
  recordPath(server.trace);
  const commands = [
    ['agency', 'add', 'moh', '--name', 'H', '--domain', 'moh.example'],
    ['agency', 'list'],
    ['user', 'add', 'ali@moh.example', '--name', 'Ali', '--grade', 'N29'],
    ['user', 'list'],
    ['user', 'password', 'ali@moh.example'],
    ['log'],
    ['log', 'show', ID],
    ['status'],
    ['queue', 'list'],
    ['quarantine', 'list'],
    ['help'],
    ['help', 'log'],
  ];
  for (const command of commands) {
    const { code, out } = await run(server.path, [...command, '--json']);
    expect(code, command.join(' ')).toBe(0);
    expect(JSON.parse(out), command.join(' ')).toBeTypeOf('object');
  }
});

test('colours are for terminals, and NO_COLOR takes them away', async () => {
  await using server = await startSmallServer();
  const out = async (options: Options) => (await run(server.path, ['status'], options)).out;
  expect(await out({ env: {} })).toContain('\x1b[');
  expect(await out({ env: { NO_COLOR: '1' } })).not.toContain('\x1b');
  expect(await out({ env: {}, isTerminal: false })).not.toContain('\x1b');
  expect(await out({ env: { FORCE_COLOR: '1' }, isTerminal: false })).toContain('\x1b[');
});

test('no server, or another program at its place, is one clear line', async () => {
  expect(await run(NOWHERE, ['status'])).toEqual({
    code: 1,
    out: '',
    err: `geganti: no server answers at ${NOWHERE}; start it with "npm run up" or geganti up\n`,
  });
  await using folder = await tempFolder();
  const path = join(folder.path, 'other.sock');
  const other = createServer((_, response) => response.end('hello'));
  await new Promise<void>((resolve) => other.listen(path, resolve));
  const { code, err } = await run(path, ['status']);
  await new Promise((resolve) => other.close(resolve));
  expect([code, err]).toEqual([
    1,
    'geganti: the server answers something that is not JSON; is it another program?\n',
  ]);
});

test('wrong usage is one line and exit code 2', async () => {
  expect(await run(NOWHERE, ['agnecy', 'add'])).toEqual({
    code: 2,
    out: '',
    err: 'geganti: there is no command "agnecy add"; did you mean "agency add"?\n',
  });
  expect((await run(NOWHERE, ['help', 'statsu'])).err).toContain('did you mean "status"?');
});

test('several problems of the settings are a line each, and help needs no settings', async () => {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const broken = (argv: string[]) =>
    runCli(argv, {
      get endpoint(): never {
        throw new Problem('data: not a path\ntimezone: unknown');
      },
      timezone: 'UTC',
      stdout,
      stderr,
      isTerminal: false,
      env: {},
      commands: { serve: async () => 0, up: async () => 0 },
    });
  expect(await broken(['help'])).toBe(0);
  expect(await broken(['status'])).toBe(1);
  stderr.end();
  expect((await stderr.toArray()).join('')).toBe('geganti: data: not a path\ngeganti: timezone: unknown\n');
});

test('what runs the server is handed in', async () => {
  for (const name of ['serve', 'up']) expect((await run(NOWHERE, [name])).out).toBe(`${name} runs\n`);
});

test('help lists every command and explains each, from the one table', async () => {
  const help = await run(NOWHERE, ['help']);
  expect(help.out).toMatchSnapshot();
  expect((await run(NOWHERE, [])).out).toBe(help.out);
  expect((await run(NOWHERE, ['help', 'user', 'add'])).out).toMatchSnapshot();
  expect((await run(NOWHERE, ['user', 'add', '--help'])).out).toBe(
    (await run(NOWHERE, ['help', 'user', 'add'])).out,
  );
  expect((await run(NOWHERE, ['help', 'user'])).out.match(/^Usage/gm)).toHaveLength(3);
});
