/** The LMTP client: octets arrive as they were, connections are used again, dead ones cost nothing. */
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { createLmtpPool, type LmtpPool } from '../../src/deliver/connect.ts';
import { openLmtp } from '../../src/deliver/lmtp.ts';
import { type LmtpSink, startLmtpSink } from '../support/lmtp-sink.ts';
import { address } from '../support/messages.ts';
import { waitFor } from '../support/wait-for.ts';

const never = new AbortController().signal;

async function withPool(
  work: (world: { sink: LmtpSink; pool: LmtpPool }) => Promise<void>,
  keep = 2,
): Promise<void> {
  await using sink = await startLmtpSink();
  await using pool = createLmtpPool({
    endpoint: sink.endpoint,
    hostname: 'mail.moh.example',
    timeoutMs: 2_000,
    keep,
  });
  await work({ sink, pool });
}

const to = (text: string) => ({ mailbox: address(text) });

function mail(content: Buffer, recipients = [to('a@moh.example')], chunkSize = 65_536) {
  return {
    sender: address('s@partner.example'),
    recipients,
    header: Buffer.alloc(0),
    sizeBytes: content.length,
    content: async () => {
      const chunks: Buffer[] = [];
      for (let at = 0; at < content.length; at += chunkSize)
        chunks.push(content.subarray(at, at + chunkSize));
      return Readable.from(chunks, { objectMode: false });
    },
  };
}

describe('octets arrive exactly', () => {
  const eightBit = Buffer.concat([
    Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
    Buffer.from('\r\n'),
  ]);
  const cases: [string, Buffer][] = [
    ['plain text', Buffer.from('Subject: x\r\n\r\nbody\r\n')],
    ['dots at line starts', Buffer.from('.\r\n..\r\n.x\r\n\r\n.\r\nMAIL FROM:<x@y.example>\r\n...\r\n')],
    ['no body', Buffer.from('Subject: x\r\n\r\n')],
    ['nothing at all', Buffer.alloc(0)],
    ['empty lines', Buffer.from('\r\n\r\n\r\n')],
    ['8-bit', Buffer.from(eightBit.filter((octet, i) => i > 255 || (octet !== 10 && octet !== 13)))],
    ['a long line', Buffer.from(`${'x'.repeat(300_000)}\r\n`)],
    ['five megabytes', Buffer.from('0123456789abcdef.\r\n.\r\n'.repeat(240_000))],
  ];
  for (const [name, content] of cases) {
    test(name, () =>
      withPool(async ({ sink, pool }) => {
        const answers = await pool.deliver(mail(content), never);
        expect([...answers.values()]).toMatchObject([{ phase: 'final', reply: { code: 250 } }]);
        // A message always ends in a line end on the wire; ours do in the spool too.
        expect(sink.delivered[0]?.data.equals(content)).toBe(true);
      }),
    );
  }

  test('in the smallest pieces', () =>
    withPool(async ({ sink, pool }) => {
      const content = Buffer.from('.a\r\n.\r\n..b\r\n\r\n.\r\n');
      await pool.deliver(mail(content, undefined, 1), never);
      expect(sink.delivered[0]?.data.equals(content)).toBe(true);
    }));

  test('a message with a stray line end never goes out, and fails for good', () =>
    withPool(async ({ sink, pool }) => {
      const content = Buffer.from('Subject: x\r\n\r\na\n.\r\nMAIL FROM:<v@partner.example>\r\n');
      const answers = await pool.deliver(mail(content), never);
      expect([...answers.values()]).toMatchObject([{ phase: 'content', reply: { code: 554 } }]);
      await waitFor('the connection to be gone', () => sink.open === 0 || undefined);
      expect(sink.delivered).toEqual([]);
    }));
});

describe('connections', () => {
  test('are used again', () =>
    withPool(async ({ sink, pool }) => {
      for (let i = 0; i < 5; i++) await pool.deliver(mail(Buffer.from('x\r\n')), never);
      expect(sink.connections).toBe(1);
      expect(sink.delivered).toHaveLength(5);
    }));

  test('several at a time, of which as many are kept as is set', () =>
    withPool(async ({ sink, pool }) => {
      await Promise.all(Array.from({ length: 6 }, () => pool.deliver(mail(Buffer.from('x\r\n')), never)));
      expect(sink.delivered).toHaveLength(6);
      await waitFor('two kept', () => sink.open === 2 || undefined);
    }));

  for (const [name, line] of [
    ['closed', ''],
    ['ended with 421', '421 4.4.2 idle too long'],
  ] as const) {
    test(`${name} while idle: the next message goes over a fresh one`, () =>
      withPool(async ({ sink, pool }) => {
        await pool.deliver(mail(Buffer.from('x\r\n')), never);
        sink.interrupt(line);
        const answers = await pool.deliver(mail(Buffer.from('y\r\n')), never);
        expect([...answers.values()]).toMatchObject([{ phase: 'final', reply: { code: 250 } }]);
        expect(sink.connections).toBe(2);
        expect(sink.delivered).toHaveLength(2);
      }));
  }

  test('out of step are given up: a reply that nothing asked for is never taken for an answer', () =>
    withPool(async ({ sink, pool }) => {
      await pool.deliver(mail(Buffer.from('x\r\n')), never);
      sink.interrupt('250 hello?');
      const [answer] = (await pool.deliver(mail(Buffer.from('y\r\n')), never)).values();
      expect(sink.delivered).toHaveLength(answer?.phase === 'final' ? 2 : 1);
      const [next] = (await pool.deliver(mail(Buffer.from('z\r\n')), never)).values();
      expect(next?.phase).toBe('final');
      expect(sink.connections).toBe(2);
    }));

  test('that were spoken to unasked are not used again', async () => {
    await using sink = await startLmtpSink();
    const target = { endpoint: sink.endpoint, hostname: 'mail.moh.example', timeoutMs: 2_000 };
    const connection = await openLmtp(target, never);
    if (typeof connection === 'string') throw new Error(connection);
    using _ = connection;
    expect(connection.usable).toBe(true);
    sink.interrupt('250 hello?');
    await waitFor('the words to arrive', () => !connection.usable || undefined);
    expect(connection.lost).toBe(null);
  });

  test('stay after refusals at RCPT and after the dot', () =>
    withPool(async ({ sink, pool }) => {
      for (const name of ['permfail', 'tempfail', 'overquota', 'a']) {
        await pool.deliver(mail(Buffer.from('x\r\n'), [to(`${name}@moh.example`)]), never);
      }
      expect(sink.connections).toBe(1);
      expect(sink.commands).toContain('RSET');
    }));

  test('are gone when the pool is closed', async () => {
    await using sink = await startLmtpSink();
    {
      await using pool = createLmtpPool({
        endpoint: sink.endpoint,
        hostname: 'x.example',
        timeoutMs: 500,
        keep: 2,
      });
      await pool.deliver(mail(Buffer.from('x\r\n')), never);
    }
    await waitFor('no connection', () => sink.open === 0 || undefined);
    expect(sink.commands.at(-1)).toBe('QUIT');
  });
});

test('a server without PIPELINING is asked one by one', () =>
  withPool(async ({ sink, pool }) => {
    sink.pipelining = false;
    const recipients = ['a@moh.example', 'permfail@moh.example', 'b@moh.example'].map(to);
    const answers = await pool.deliver(mail(Buffer.from('x\r\n'), recipients), never);
    expect([...answers.values()].map((answer) => answer.reply?.code).sort()).toEqual([250, 250, 550]);
  }));

test('a thousand recipients in one transaction', () =>
  withPool(async ({ sink, pool }) => {
    const recipients = Array.from({ length: 1_000 }, (_, i) => to(`user${i}@moh.example`));
    const answers = await pool.deliver(mail(Buffer.from('x\r\n'), recipients), never);
    expect(answers.size).toBe(1_000);
    expect(sink.delivered).toHaveLength(1_000);
  }));

test('the null sender is the empty path', () =>
  withPool(async ({ sink, pool }) => {
    await pool.deliver({ ...mail(Buffer.from('x\r\n')), sender: null }, never);
    expect(sink.commands).toContain('MAIL FROM:<> BODY=8BITMIME');
  }));

test('a stop within the data breaks off; after the dot it does not', () =>
  withPool(async ({ sink, pool }) => {
    const controller = new AbortController();
    const slow = {
      ...mail(Buffer.from('x\r\ny\r\n')),
      content: async () =>
        Readable.from(
          (async function* () {
            yield Buffer.from('x\r\n');
            controller.abort();
            yield Buffer.from('y\r\n');
          })(),
          { objectMode: false },
        ),
    };
    const answers = await pool.deliver(slow, controller.signal);
    expect([...answers.values()]).toMatchObject([{ phase: 'content', reply: null, lost: 'cancelled' }]);
    expect(sink.delivered).toEqual([]);
  }));
