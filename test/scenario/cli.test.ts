/** The geganti command tells what the server says, to people and to programs, and every failure in one line. */
import { createServer } from 'node:http';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { type CliDeps, runCli } from '../../src/cli/run.ts';
import type { ServerCommands } from '../../src/cli/server-commands.ts';
import type { Status } from '../../src/http/resources.ts';
import { Problem } from '../../src/lib/problem.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { begin, NOW, noServerCommands, PIPE, problem, run, startStandIn } from './cli-stand-ins.ts';

const NOWHERE = '/nonexistent/api.sock';

const HEALTHY: Status = {
  version: '0.1.0',
  startedAt: NOW - 7_380_000,
  parts: [
    { name: 'redis', up: true, detail: '/run/redis.sock', since: NOW - 7_380_000 },
    { name: 'clamd', up: true, detail: null, since: null },
  ],
  signatures: { date: NOW - 93_600_000, testOnly: false },
  connections: 12,
  spool: { messages: 0, segments: 1, parked: 0, freePercent: 43.2, full: false },
  queue: { available: true, waiting: 0, running: 0, deferred: 0, held: 2 },
  processes: [
    {
      roles: 'receive',
      pid: 101,
      startedAt: NOW - 7_380_000,
      rssBytes: 96 * 1024 * 1024,
      cpuSeconds: 63,
      loopDelayMs: 12,
      lostEvents: 0,
    },
    {
      roles: 'work,api',
      pid: 102,
      startedAt: NOW - 7_000_000,
      rssBytes: 128 * 1024 * 1024,
      cpuSeconds: 120.5,
      loopDelayMs: 450,
      lostEvents: 0,
    },
  ],
  log: { behindBytes: 0, problem: null, badLines: 0 },
  lostEvents: 0,
};

describe('status', () => {
  test('shows every part and process, the age of the signatures, spool, queue and log', async () => {
    await using api = await startStandIn({ 'GET /status': HEALTHY });
    const seen = await run(api.socket, ['status']);
    expect([seen.code, seen.err]).toEqual([0, '']);
    expect(seen.out).toMatchSnapshot();
  });

  test('exits with 1 when a part is down, and says loudly what is wrong', async () => {
    await using api = await startStandIn({
      'GET /status': {
        ...HEALTHY,
        parts: [{ name: 'clamd', up: false, detail: 'connect ENOENT /run/clamd.sock', since: NOW }],
        signatures: { date: null, testOnly: true },
        spool: { ...HEALTHY.spool, full: true },
        queue: { ...HEALTHY.queue, available: false },
        lostEvents: 3,
        log: { behindBytes: 2_048, problem: null, badLines: 0 },
      },
    });
    const { code, out } = await run(api.socket, ['status']);
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
    expect(out).toContain('2 kB not searchable yet');
  });

  test('says what is not known while the receiver is away', async () => {
    const parts = [{ name: 'receiver', up: false, detail: 'connect ENOENT', since: NOW }];
    const away = { ...HEALTHY, parts, connections: null, spool: null, queue: null, processes: [] };
    await using api = await startStandIn({ 'GET /status': away });
    const { code, out } = await run(api.socket, ['status']);
    expect(code).toBe(1);
    expect(out.match(/not known: the receiver is away/g)).toHaveLength(3);
    expect(out).not.toContain('PROCESS');
  });
});

test('colours are for terminals, and NO_COLOR takes them away', async () => {
  await using api = await startStandIn({ 'GET /status': HEALTHY });
  const out = async (options: Partial<CliDeps>) => (await run(api.socket, ['status'], options)).out;
  expect(await out({ env: {} })).toContain('\x1b[');
  expect(await out({ env: { NO_COLOR: '1' } })).not.toContain('\x1b');
  expect(await out({ env: {}, isTerminal: false })).not.toContain('\x1b');
  expect(await out({ env: { FORCE_COLOR: '1' }, isTerminal: false })).toContain('\x1b[');
});

test('--json is what the API says, for every command that shows something', async () => {
  const lists = {
    'GET /agencies': { agencies: [] },
    'GET /users': { users: [] },
    'GET /tokens': { tokens: [] },
    'GET /log': { entries: [], next: null },
    'GET /queue': { total: 0, messages: [] },
    'GET /quarantine': { total: 0, items: [] },
    'GET /status': HEALTHY,
  };
  await using api = await startStandIn(lists);
  for (const [route, answer] of Object.entries(lists)) {
    const noun = { agencies: 'agency list', users: 'user list', tokens: 'token list' }[route.slice(5)];
    const plain = ['/queue', '/quarantine'].includes(route.slice(4))
      ? `${route.slice(5)} list`
      : route.slice(5);
    const { code, out, err } = await run(api.socket, [...(noun ?? plain).split(' '), '--json']);
    expect([code, JSON.parse(out), err], route).toEqual([0, answer, '']);
  }
  for (const command of [
    ['help'],
    ['help', 'log'],
    ['config', 'show'],
    ['config', 'check'],
    ['completion', 'zsh'],
  ]) {
    expect(JSON.parse((await run(NOWHERE, [...command, '--json'])).out)).toBeTypeOf('object');
  }
});

describe('failures', () => {
  test('no server is one clear line, and one of JSON for programs', async () => {
    const text = `no server answers at ${NOWHERE}; start it with "npm run up" or geganti up`;
    expect(await run(NOWHERE, ['status'])).toEqual({ code: 1, out: '', err: `geganti: ${text}\n` });
    expect(await run(NOWHERE, ['status', '--json'])).toEqual({
      code: 1,
      out: '',
      err: `${JSON.stringify({ problem: text })}\n`,
    });
  });

  test('another program at its place is one clear line', async () => {
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

  test('what the server says of a problem stays text', async () => {
    await using api = await startStandIn({ 'GET /status': problem(503, 'not\x1b[2J now') });
    expect((await run(api.socket, ['status'])).err).toBe('geganti: not?[2J now\n');
    expect((await run(api.socket, ['status', '--json'])).err).toBe('{"problem":"not\\u001b[2J now"}\n');
  });

  test('wrong usage names the nearest right thing, with exit code 2, also as JSON', async () => {
    expect(await run(NOWHERE, ['agnecy', 'add'])).toEqual({
      code: 2,
      out: '',
      err: 'geganti: there is no command "agnecy add"; did you mean "agency add"?\n',
    });
    expect(await run(NOWHERE, ['log', '--json', '--folow'])).toEqual({
      code: 2,
      out: '',
      err: '{"problem":"there is no option --folow of \\"log\\"; did you mean --follow?"}\n',
    });
    expect((await run(NOWHERE, ['help', 'statsu'])).err).toContain('did you mean "status"?');
  });

  test('who interrupts the wait for an answer gets 130 and no complaint', async () => {
    const ask = new AbortController();
    await using api = await startStandIn({ 'GET /status': () => new Promise<object>(() => {}) });
    const { done, seen } = begin(api.socket, ['status'], { signal: ask.signal });
    await waitFor('the question', () => (api.asked.length > 0 ? true : undefined));
    ask.abort();
    expect(await done).toBe(130);
    expect(seen.err).toBe('');
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
        commands: noServerCommands,
      });
    expect(await broken(['help'])).toBe(0);
    expect(await broken(['status'])).toBe(1);
    stderr.end();
    expect((await stderr.toArray()).join('')).toBe('geganti: data: not a path\ngeganti: timezone: unknown\n');
  });
});

describe('what runs and copies the server is handed in', () => {
  function recorder() {
    const calls: unknown[] = [];
    const note =
      (name: string) =>
      <Given, Rest extends unknown[], Result>(work: (call: Given, ...rest: Rest) => Result) =>
      (call: Given, ...rest: Rest): Result => {
        calls.push([name, call]);
        return work(call, ...rest);
      };
    const commands: ServerCommands = {
      ...noServerCommands,
      serve: note('serve')(noServerCommands.serve),
      backup: note('backup')(noServerCommands.backup),
      restore: note('restore')(noServerCommands.restore),
      up: async ({ terminal }) => {
        terminal.line('up runs');
        return 3;
      },
    };
    return { calls, commands };
  }

  test('serve takes roles, all by default, in one order and each once', async () => {
    const { calls, commands } = recorder();
    for (const roles of [[], ['--roles', 'receive'], ['--roles', 'API, work,api']]) {
      expect((await run(NOWHERE, ['serve', ...roles], { commands })).code).toBe(0);
    }
    expect(calls).toEqual([
      ['serve', { roles: ['receive', 'work', 'api'] }],
      ['serve', { roles: ['receive'] }],
      ['serve', { roles: ['work', 'api'] }],
    ]);
    expect(await run(NOWHERE, ['serve', '--roles', 'work,receiver'], { commands })).toEqual({
      code: 2,
      out: '',
      err: 'geganti: --roles takes receive, work, api, not "receiver"; did you mean "receive"?\n',
    });
  });

  test('up, backup and restore get what was given, and say what came of it', async () => {
    const { calls, commands } = recorder();
    expect(await run(NOWHERE, ['up'], { commands })).toEqual({ code: 3, out: 'up runs\n', err: '' });
    const made = await run(NOWHERE, ['backup', '--to', '/srv/b'], { commands });
    expect(made.out).toBe('/srv/b: 12 files, 4 kB, without the mailboxes\n');
    await run(NOWHERE, ['backup', '--to', '/srv/b', '--mailboxes'], { commands });
    const back = await run(NOWHERE, ['restore', '--from', '/srv/b'], { commands });
    expect(back.out).toContain('12 files, 3 mailboxes');
    expect(calls).toEqual([
      ['backup', { to: '/srv/b', mailboxes: false }],
      ['backup', { to: '/srv/b', mailboxes: true }],
      ['restore', { from: '/srv/b' }],
    ]);
    expect((await run(NOWHERE, ['backup'], { commands })).err).toContain('--to FOLDER is missing');
  });

  test('settings are checked, each mistake a line, and shown with where they come from', async () => {
    const problems = ['config/geganti.yaml: limits.message: 20 is no size', 'GEGANTI_DATA: not a path'];
    const commands: ServerCommands = {
      ...noServerCommands,
      configCheck: () => ({ file: 'config/geganti.yaml', problems }),
      configShow: () => [
        {
          key: 'limits.message',
          value: '25 MB',
          from: 'config/geganti.yaml:12',
          changed: true,
          reload: true,
        },
        { key: 'certificate', value: null, from: 'default', changed: false, reload: true },
        { key: 'data', value: '/srv/geganti', from: 'GEGANTI_DATA', changed: true, reload: false },
      ],
    };
    expect(await run(NOWHERE, ['config', 'check'])).toEqual({
      code: 0,
      out: 'config/geganti.yaml: the settings are right\n',
      err: '',
    });
    expect(await run(NOWHERE, ['config', 'check'], { commands })).toEqual({
      code: 1,
      out: '',
      err: problems.map((line) => `geganti: ${line}\n`).join(''),
    });
    expect((await run(NOWHERE, ['config', 'show'], { commands })).out).toMatchSnapshot();
    const changed = await run(NOWHERE, ['config', 'show', '--changed'], { commands, ...PIPE });
    expect(changed.out).toBe(
      'limits.message\t25 MB\tconfig/geganti.yaml:12\tby reload\ndata\t/srv/geganti\tGEGANTI_DATA\tat the next start\n',
    );
  });
});

test('help lists every command and explains each, from the one table', async () => {
  const help = await run(NOWHERE, ['help']);
  expect(help.out).toMatchSnapshot();
  expect((await run(NOWHERE, [])).out).toBe(help.out);
  expect((await run(NOWHERE, ['help', 'log'])).out).toMatchSnapshot();
  expect((await run(NOWHERE, ['user', 'add', '--help'])).out).toBe(
    (await run(NOWHERE, ['help', 'user', 'add'])).out,
  );
  expect((await run(NOWHERE, ['help', 'user'])).out.match(/^Usage/gm)).toHaveLength(7);
});
