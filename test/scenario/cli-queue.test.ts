/** geganti queue: what waits is listed and shown, and changed by id or by filter. */
import { describe, expect, test } from 'vitest';
import type { WaitingMessage, WaitingMessageInFull } from '../../src/http/resources.ts';
import { verdict } from '../support/messages.ts';
import {
  type Asked,
  CLIENT,
  fixedClock,
  ID,
  LOGIN,
  NOW,
  PIPE,
  run,
  type StandIn,
  startStandIn,
  waiting,
} from './cli-stand-ins.ts';

const id = (number: number): string => `m1kfq3x8z0a7c2${String(number).padStart(4, '0')}`;

describe('queue', () => {
  const messages = [
    waiting(),
    waiting({ id: id(1), held: true, sender: null, nextTryAt: 0, attempts: 0, reason: null }),
    waiting({ id: id(2), stage: 'scan', recipients: ['a@moh.example', 'b@moh.example'], recipientCount: 40 }),
  ];

  for (const columns of [80, 160]) {
    test(`the list fits ${columns} columns`, async () => {
      await using api = await startStandIn({ 'GET /queue': { total: 3, messages } });
      const { out } = await run(api.socket, ['queue', 'list'], { columns });
      expect(out).toMatchSnapshot();
      for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
    });
  }

  test('the list hands its filters on, and says what it leaves out', async () => {
    await using api = await startStandIn({ 'GET /queue': { total: 7, messages: [waiting()] } });
    const argv = `queue list --sender a@x --recipient @y --held --stage scan --limit 1 --after ${ID}`.split(
      ' ',
    );
    const { out, err } = await run(api.socket, argv, PIPE);
    expect(out).toBe(
      `${ID}\tdeliver\t1 m 30 s\t24 Nov 2026 16:41:12\tali@moh.example\tsiti@moh.example\t452 4.2.2 Mailbox is full\t20 kB\t1\n`,
    );
    expect(err).toBe(`geganti: 1 of 7 messages shown; go on with --after ${ID}\n`);
    expect(String(api.asked[0]?.query)).toBe(
      `sender=a%40x&recipient=%40y&held=true&stage=scan&limit=1&after=${ID}`,
    );
    api.answers.set('GET /queue', { total: 0, messages: [] });
    expect((await run(api.socket, ['queue', 'list'])).err).toBe('geganti: no message waits\n');
  });

  test('a message is shown with the state of every recipient', async () => {
    const full: WaitingMessageInFull = {
      ...waiting({ held: true }),
      client: CLIENT,
      login: LOGIN,
      messageIdHeader: '<1@moh.example>',
      parent: null,
      verdict: verdict('junk'),
      recipientStates: [
        {
          address: 'siti@moh.example',
          outcome: null,
          attempts: 1,
          nextTryAt: NOW + 60_000,
          reason: '452 4.2.2 Mailbox is full',
        },
        {
          address: 'ali@moh.example',
          outcome: { kind: 'delivered', folder: 'INBOX', reply: '250 2.0.0 Saved' },
          attempts: 0,
          nextTryAt: 0,
          reason: null,
        },
      ],
    };
    await using api = await startStandIn({ [`GET /queue/${ID}`]: full });
    expect((await run(api.socket, ['queue', 'show', ID])).out).toMatchSnapshot();
    expect(JSON.parse((await run(api.socket, ['queue', 'show', ID, '--json'])).out)).toEqual(full);
  });

  test('ids that are named are changed; one that is not is said, with exit code 1', async () => {
    await using api = await startStandIn({ 'POST /queue/retry': { changed: [ID] } });
    expect(await run(api.socket, ['queue', 'retry', ID])).toEqual({
      code: 0,
      out: '1 message due at once\n',
      err: '',
    });
    expect(await run(api.socket, ['queue', 'retry', ID, id(1)])).toEqual({
      code: 1,
      out: '1 message due at once\n',
      err: `geganti: ${id(1)}: unchanged; it waits no more, or was so already\n`,
    });
    expect(api.asked.map(({ body }) => body)).toEqual([{ ids: [ID] }, { ids: [ID, id(1)] }]);
    const json = await run(api.socket, ['queue', 'retry', ID, '--json']);
    expect(JSON.parse(json.out)).toEqual({ changed: [ID] });
  });

  /** A queue of so many messages, of which changed ones are listed no more when `vanish` is true. */
  async function longQueue(act: string, count: number, vanish: boolean): Promise<StandIn> {
    let left: WaitingMessage[] = Array.from({ length: count }, (_, i) => waiting({ id: id(i) }));
    return await startStandIn({
      'GET /queue': ({ query }) => {
        const behind = left.filter((message) => message.id > (query.get('after') ?? ''));
        return { total: behind.length, messages: behind.slice(0, Number(query.get('limit'))) };
      },
      [`POST /queue/${act}`]: ({ body }: Asked) => {
        const { ids } = body as { ids: string[] };
        if (vanish) left = left.filter((message) => !ids.includes(message.id));
        return { changed: ids };
      },
    });
  }

  test('a filter reaches all that fit, listed first and changed in groups', async () => {
    await using api = await longQueue('hold', 2_500, true);
    const argv = ['queue', 'hold', '--sender', 'news@moh.example'];
    expect(await run(api.socket, argv, PIPE)).toEqual({ code: 0, out: '2,500 messages held\n', err: '' });
    const lists = api.asked.filter(({ method }) => method === 'GET').map(({ query }) => String(query));
    const filter = 'sender=news%40moh.example&held=false&limit=1000';
    expect(lists).toEqual([filter, `${filter}&after=${id(999)}`, `${filter}&after=${id(1_999)}`]);
    expect(api.asked.filter(({ method }) => method === 'POST')).toHaveLength(25);
  });

  test('what stays in the list, as a retried message does, hides nothing behind it', async () => {
    await using api = await longQueue('retry', 2_300, false);
    const { code, out } = await run(api.socket, ['queue', 'retry', '--all'], PIPE);
    expect({ code, out }).toEqual({ code: 0, out: '2,300 messages due at once\n' });
    const changed = api.asked.flatMap(({ body }) => (body as { ids: string[] } | null)?.ids ?? []);
    expect(new Set(changed).size).toBe(2_300);
    expect(changed).toHaveLength(2_300);
  });

  test('long work shows how far it is, on a terminal', async () => {
    let elapsed = 0;
    const clock = {
      ...fixedClock,
      elapsedMs: () => {
        elapsed += 200;
        return elapsed;
      },
    };
    await using api = await longQueue('release', 500, true);
    const options = { ...PIPE, clock, stderrIsTerminal: true };
    const { out, err } = await run(api.socket, ['queue', 'release', '--all'], options);
    expect(err).toContain('\r\x1b[2K300 of 500 messages let go');
    expect(err).toMatch(/\r\x1b\[2K$/);
    expect(out).toBe('500 messages let go\n');
  });

  test('a drop by filter says how many would go, until it is told --yes', async () => {
    await using api = await longQueue('drop', 12, true);
    const argv = ['queue', 'drop', '--recipient', '@moh.example'];
    expect(await run(api.socket, argv)).toEqual({
      code: 1,
      out: '',
      err: 'geganti: 12 messages would be dropped; say so again with --yes\n',
    });
    expect(api.asked.every(({ method }) => method === 'GET')).toBe(true);
    expect((await run(api.socket, [...argv, '--yes'])).out).toBe('12 messages dropped\n');
    expect((await run(api.socket, ['queue', 'drop', ID])).out).toBe('1 message dropped\n');
  });

  const wrong: [string, string[], string][] = [
    [
      'neither ids nor a filter',
      ['queue', 'hold'],
      'which messages? Give ids, a filter such as --sender, or --all',
    ],
    ['both', ['queue', 'retry', ID, '--held'], 'give ids or a filter, not both'],
    [
      '--yes where nothing is dropped',
      ['queue', 'hold', ID, '--yes'],
      'there is no option --yes of "queue hold"',
    ],
    ['a stage that is none', ['queue', 'list', '--stage', 'scna'], 'did you mean "scan"?'],
  ];
  for (const [name, argv, message] of wrong) {
    test(`${name} is wrong usage`, async () => {
      const { code, err } = await run('/nonexistent', argv);
      expect(err).toContain(message);
      expect(code).toBe(2);
    });
  }
});
