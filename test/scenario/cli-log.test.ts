/** geganti log searches, follows and tells the path of a message: to people, to spreadsheets and to programs. */
import { describe, expect, test } from 'vitest';
import { csvLine } from '../../src/cli/csv.ts';
import type { LogPage, MessagePath } from '../../src/http/resources.ts';
import { verdict } from '../support/messages.ts';
import { waitFor } from '../support/wait-for.ts';
import {
  ACCEPTED,
  BOUNCE,
  BOUNCED,
  begin,
  DELIVERED,
  entry,
  event,
  ID,
  LOGIN,
  NOW,
  PIPE,
  problem,
  run,
  startStandIn,
  waiting,
} from './cli-stand-ins.ts';

const ENTRIES = [
  entry(),
  entry({
    id: null,
    outcome: 'refused',
    login: null,
    sender: 'news@shop.example',
    recipient: 'nobody-with-a-rather-long-name@health.moh.example',
    reason: null,
    reply: '550 5.1.1 There is no mailbox of this name here, and there never was one',
  }),
  entry({
    sender: null,
    outcome: 'deferred',
    reason: null,
    reply: '452 4.2.2 Mailbox is full',
    nextTryAt: NOW + 900_000,
    at: Date.UTC(2025, 11, 31, 17, 0, 0),
  }),
  entry({ id: null, outcome: 'login-failed', login: null, sender: undefined, recipient: null, reply: null }),
];
const page = (entries = ENTRIES, next: string | null = null): LogPage => ({ entries, next });

describe('the search', () => {
  test('hands every filter on, times in the zone of the settings', async () => {
    await using api = await startStandIn({ 'GET /log': page() });
    const filters =
      '--sender <> --recipient @moh.example --address a@moh.example --client 10.0.0.5 --agency moh';
    const more = '--message-id 1@x --outcome bounced --outcome discarded --reason spam --limit 7 --cursor c1';
    const argv = [
      'log',
      ...`${filters} ${more}`.split(' '),
      '--text',
      'no such',
      '--since',
      '08:00',
      '--id',
      ID,
    ];
    expect((await run(api.socket, [...argv, '--until', '2026-11-25 00:00'])).code).toBe(0);
    const { query } = api.asked[0] ?? {};
    expect([...(query ?? [])]).toEqual([
      ['sender', '<>'],
      ['recipient', '@moh.example'],
      ['address', 'a@moh.example'],
      ['id', ID],
      ['messageId', '1@x'],
      ['client', '10.0.0.5'],
      ['agency', 'moh'],
      ['since', String(Date.UTC(2026, 10, 24, 0, 0))],
      ['until', String(Date.UTC(2026, 10, 24, 16, 0))],
      ['outcome', 'bounced'],
      ['outcome', 'discarded'],
      ['reason', 'spam'],
      ['text', 'no such'],
      ['limit', '7'],
      ['cursor', 'c1'],
    ]);
  });

  for (const columns of [80, 120, 200]) {
    test(`a table fits ${columns} columns, and never cuts ids, times and outcomes`, async () => {
      await using api = await startStandIn({ 'GET /log': page(ENTRIES, 'next1') });
      const { out, err } = await run(api.socket, ['log'], { columns });
      expect(out).toMatchSnapshot();
      for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
      expect(err).toBe('geganti: there is more: --cursor next1, or --all\n');
    });
  }

  test('outcomes have colours on a terminal, and none in a pipe, where every value is whole', async () => {
    await using api = await startStandIn({ 'GET /log': page() });
    const { out } = await run(api.socket, ['log'], { env: {} });
    expect(out).toContain('\x1b[32mdelivered\x1b[39m');
    expect(out).toContain('\x1b[33mdeferred\x1b[39m');
    const piped = await run(api.socket, ['log'], { ...PIPE, env: {} });
    expect(piped.out).not.toContain('\x1b');
    expect(piped.out.split('\n')[1]).toBe(
      '24 Nov 2026 16:38:42\t-\trefused\tnews@shop.example\tnobody-with-a-rather-long-name@health.moh.example\t550 5.1.1 There is no mailbox of this name here, and there never was one',
    );
  });

  test('--csv is RFC 4180, and no cell of it is a formula', async () => {
    const hostile = entry({
      sender: '=cmd|calc@x.example',
      recipient: '@SUM(1)',
      reply: '550 "no", he\r\nsaid',
      messageIdHeader: '+1',
      reason: '-1',
    });
    await using api = await startStandIn({ 'GET /log': page([hostile, ...ENTRIES]) });
    const { out } = await run(api.socket, ['log', '--csv'], PIPE);
    expect(out).toMatchSnapshot();
    const lines = out.split('\r\n');
    expect(lines).toHaveLength(7);
    expect(lines[1]).toContain(`,'=cmd|calc@x.example,'@SUM(1),'-1,"550 ""no"", he??said",`);
    expect(out.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    for (const sign of '＝＋－＠') expect(csvLine([`${sign}SUM(1)`])).toBe(`'${sign}SUM(1)\r\n`);
  });

  test('--all reads page after page: CSV has one head, JSON an entry a line', async () => {
    const pages = new Map([
      [null, page(ENTRIES.slice(0, 2), 'b')],
      ['b', page(ENTRIES.slice(2, 3), 'c')],
      ['c', page(ENTRIES.slice(3))],
    ]);
    await using api = await startStandIn({
      'GET /log': ({ query }) => pages.get(query.get('cursor')) ?? page([]),
    });
    const csv = await run(api.socket, ['log', '--all', '--csv'], PIPE);
    expect(csv.out.match(/^time,/gm)).toHaveLength(1);
    expect(csv.out.trim().split('\r\n')).toHaveLength(5);
    const { out, err } = await run(api.socket, ['log', '--all', '--json'], PIPE);
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(JSON.parse(JSON.stringify(ENTRIES)));
    expect(err).toBe('');
    expect(api.asked.every(({ query }) => query.get('limit') === '1000')).toBe(true);
    const table = await run(api.socket, ['log', '--all']);
    expect(table.out.match(/^TIME/gm)).toHaveLength(1);
  });

  test('--json alone is the page as the API has it; no entry is said to people only', async () => {
    await using api = await startStandIn({ 'GET /log': page([], null) });
    expect(await run(api.socket, ['log', '--json'])).toEqual({
      code: 0,
      out: '{\n  "entries": [],\n  "next": null\n}\n',
      err: '',
    });
    expect(await run(api.socket, ['log'])).toEqual({
      code: 0,
      out: '',
      err: 'geganti: no entry of the delivery log fits\n',
    });
  });

  test('progress is shown on a terminal when it takes long, never in a pipe, and is gone at the end', async () => {
    let elapsed = 0;
    const clock = { now: () => NOW, elapsedMs: () => elapsed, sleep: async () => {} };
    const answer = ({ query }: { query: URLSearchParams }) => {
      elapsed += 400;
      const at = Number(query.get('cursor') ?? 0) + 1;
      return page(ENTRIES, at < 4 ? String(at) : null);
    };
    await using api = await startStandIn({ 'GET /log': answer });
    const argv = ['log', '--all', '--csv'];
    const seen = await run(api.socket, argv, { ...PIPE, stderrIsTerminal: true, clock });
    expect(seen.err).toBe('\r\x1b[2K8 entries read\r\x1b[2K12 entries read\r\x1b[2K16 entries read\r\x1b[2K');
    expect((await run(api.socket, argv, { ...PIPE, stderrIsTerminal: false, clock })).err).toBe('');
  });

  test('what a reader who left did not want is no fault', async () => {
    await using api = await startStandIn({ 'GET /log': () => page(ENTRIES, 'more') });
    const { done, stdout } = begin(api.socket, ['log', '--all'], PIPE);
    await waitFor('two pages', () => (api.asked.length > 2 ? true : undefined));
    stdout.destroy(new Error('EPIPE'));
    expect(await done).toBe(0);
  });

  const wrong: [string, string[], string][] = [
    ['--limit too high', ['--limit', '1001'], '--limit is a whole number from 1 to 1000, not "1001"'],
    [
      'a time that is none',
      ['--since', 'last week'],
      '--since is a time such as 2026-11-24, "2026-11-24 08:00", 08:00 (today) or 2h (ago), not "last week"',
    ],
    [
      'an empty time',
      ['--since', '1h', '--until', '2h'],
      '--since (24 Nov 2026 15:40:12) is not before --until (24 Nov 2026 14:40:12)',
    ],
    ['an unknown outcome', ['--outcome', 'bounce'], 'not "bounce"; did you mean "bounced"?'],
    ['two formats', ['--csv', '--json'], '--csv and --json exclude each other'],
    ['a bound on all', ['--all', '--limit', '5'], '--all and --limit exclude each other'],
    ['a page that follows', ['-f', '--cursor', 'x'], '--cursor does not go with --follow'],
    [
      '--last of a search',
      ['-n', '5'],
      '--last goes with --follow only; --limit says how many entries to show',
    ],
  ];
  for (const [name, options, message] of wrong) {
    test(`${name} is wrong usage`, async () => {
      const { code, err } = await run('/nonexistent', ['log', ...options]);
      expect(err).toContain(message);
      expect(code).toBe(2);
    });
  }
});

describe('log -f', () => {
  test('shows events as they come, one readable line each, notices visibly, a stranger’s text as text', async () => {
    await using api = await startStandIn();
    const ask = new AbortController();
    const argv = ['log', '-f', '--last', '5', '--sender', '@moh.example'];
    const { seen, done } = begin(api.socket, argv, { signal: ask.signal });
    api.tell(ACCEPTED);
    api.tell({ notice: '12 events were pruned meanwhile' });
    api.tell({ ...BOUNCED, reply: '550 5.1.1 No\x1b[2J such user' });
    api.tell(event(4, { kind: 'queue-act', id: ID, act: 'hold', by: 'operator' }));
    await waitFor('the lines', () => (seen.out.split('\n').length === 5 ? true : undefined));
    ask.abort();
    expect(await done).toBe(0);
    expect(seen).toMatchSnapshot();
    expect(Object.fromEntries(api.asked[0]?.query ?? [])).toEqual({ last: '5', sender: '@moh.example' });
  });

  test('a refused message names whom it was for, one of an older server does without', async () => {
    await using api = await startStandIn();
    const ask = new AbortController();
    const { seen, done } = begin(api.socket, ['log', '-f'], { signal: ask.signal, ...PIPE });
    const client = { address: '192.0.2.9', helo: 'mx', tls: null };
    const refusal = { kind: 'refused', id: ID, door: 'mx', client, login: null, sender: null } as const;
    const data = { ...refusal, recipient: null, command: 'DATA', reply: '554 5.7.1 Spam' };
    const named = ['siti', 'ali'].map((name) => ({ address: `${name}@moh.example`, agencyId: 'moh' }));
    api.tell(event(1, { ...data, recipients: named }));
    api.tell(event(2, data));
    await waitFor('the lines', () => (seen.out.split('\n').length === 3 ? true : undefined));
    ask.abort();
    await done;
    expect(seen.out).toContain(
      'Refused at mx (DATA) from <> to siti@moh.example and 1 more, client 192.0.2.9',
    );
    expect(seen.out).toContain('Refused at mx (DATA) from <>, client 192.0.2.9');
  });

  test('says that the server has stopped, and exits with 1; programs get events, notices and the problem', async () => {
    await using api = await startStandIn();
    for (const json of [[], ['--json']]) {
      const { seen, done } = begin(api.socket, ['log', '-f', ...json], PIPE);
      const lines = 3;
      if (json.length === 0) {
        api.tell(DELIVERED);
        api.tell({ notice: 'the server is stopping' });
      }
      await waitFor('the lines', () => (seen.out.split('\n').length === lines ? true : undefined));
      api.end('orderly');
      expect(await done).toBe(1);
      expect(seen).toMatchSnapshot();
    }
  });

  test('says that the connection broke off', async () => {
    await using api = await startStandIn();
    const { seen, done } = begin(api.socket, ['log', '-f']);
    api.tell(DELIVERED);
    await waitFor('the line', () => (seen.out === '' ? undefined : true));
    api.end('broken');
    expect(await done).toBe(1);
    expect(seen.err).toMatch(/^geganti: the server at .* broke off: /);
  });

  test('ends when its reader has left', async () => {
    await using api = await startStandIn();
    const { done, stdout } = begin(api.socket, ['log', '-f']);
    stdout.destroy(new Error('EPIPE'));
    expect(await done).toBe(0);
  });
});

describe('log show', () => {
  const RELEASE = 'm1kfq3x8z1a7c2d4e8';
  const path: MessagePath = {
    id: ID,
    events: [
      ACCEPTED,
      event(1, {
        kind: 'scanned',
        id: ID,
        tookMs: 40,
        verdict: verdict('clean', { score: 0.1, symbols: ['MIME_GOOD'] }),
      }),
      event(2, {
        kind: 'deferred',
        id: ID,
        stage: 'deliver',
        recipients: ['siti@moh.example', 'gone@moh.example'],
        attempt: 1,
        nextTryAt: NOW,
        reason: '451 4.3.0 Try again',
      }),
      BOUNCED,
      event(4, { kind: 'queue-act', id: ID, act: 'hold', by: 'operator' }),
      event(5, {
        kind: 'released',
        id: ID,
        recipients: ['siti@moh.example'],
        child: RELEASE,
        by: 'operator',
      }),
    ],
    parent: null,
    children: [BOUNCE, RELEASE],
    waiting: waiting(),
    notice: null,
  };

  test('tells the message, the story of each recipient, and where it waits', async () => {
    await using api = await startStandIn({ [`GET /log/messages/${ID}`]: path });
    const { code, out } = await run(api.socket, ['log', 'show', ID]);
    expect(code).toBe(0);
    expect(out).toMatchSnapshot();
    expect((await run(api.socket, ['log', 'show', ID], { env: {} })).out).toContain(
      '\x1b[2m550 5.1.1 No such user',
    );
    expect(JSON.parse((await run(api.socket, ['log', 'show', ID, '--json'])).out)).toEqual(path);
  });

  test('says what a message is to its parent, and does without when that is gone', async () => {
    const bounce: MessagePath = {
      id: BOUNCE,
      events: [
        event(3, {
          kind: 'accepted',
          id: BOUNCE,
          door: 'internal',
          client: null,
          login: null,
          sender: null,
          recipients: [{ address: LOGIN.address, agencyId: LOGIN.agencyId }],
          sizeBytes: 3_000,
          messageIdHeader: null,
          parent: ID,
          recovered: false,
        }),
      ],
      parent: ID,
      children: [],
      waiting: waiting({ id: BOUNCE, held: true, stage: 'scan', reason: null, nextTryAt: 0 }),
      notice: 'the receiver is away',
    };
    await using api = await startStandIn({
      [`GET /log/messages/${ID}`]: path,
      [`GET /log/messages/${BOUNCE}`]: bounce,
    });
    expect((await run(api.socket, ['log', 'show', BOUNCE])).out).toMatchSnapshot();
    api.answers.set(`GET /log/messages/${ID}`, problem(404, 'the delivery log knows no such message'));
    expect((await run(api.socket, ['log', 'show', BOUNCE])).out).toContain(`caused by  ${ID}\n`);
  });
});
