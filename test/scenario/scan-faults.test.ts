/** Scanners that fail in every way: mail waits, nothing hangs, nothing is taken for clean. */
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/lib/endpoint.ts';
import { createClamd } from '../../src/scan/clamd.ts';
import { createRspamd } from '../../src/scan/rspamd.ts';
import { envelope, submittedBy } from '../support/messages.ts';

const never = new AbortController().signal;
const CONTENT = Buffer.from('Subject: x\r\n\r\nbody\r\n');
const content = async () => Readable.from([CONTENT], { objectMode: false });

interface Scripted extends AsyncDisposable {
  readonly endpoint: Endpoint;
}

async function scripted(serve: (socket: Socket) => void): Promise<Scripted> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    serve(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    endpoint: { kind: 'tcp', host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Takes one whole INSTREAM, then answers. */
function afterStream(answer: (socket: Socket, octets: Buffer) => void): (socket: Socket) => void {
  return (socket) => {
    let seen: Buffer = Buffer.alloc(0);
    socket.on('data', (octets: Buffer) => {
      seen = Buffer.concat([seen, octets]);
      if (seen.subarray(-4).equals(Buffer.alloc(4))) answer(socket, seen);
    });
  };
}

describe('clamd', () => {
  const cases: [string, (socket: Socket) => void, string][] = [
    ['garbage', afterStream((s) => s.end('\x00\xff garbage')), '""'],
    ['half an answer', afterStream((s) => s.end('stream: O')), 'closed after "stream: O"'],
    ['OK without its end mark', afterStream((s) => s.end('stream: OK')), 'closed after "stream: OK"'],
    ['an error', afterStream((s) => s.end('INSTREAM size limit exceeded. ERROR\0')), 'size limit exceeded'],
    ['no answer', afterStream((s) => s.end()), 'without an answer'],
    ['a reset instead of an answer', afterStream((s) => s.resetAndDestroy()), 'ECONNRESET'],
    ['an answer without end', afterStream((s) => s.write('x'.repeat(10_000))), 'without end'],
    ['silence', (s) => s.resume(), 'in time'],
    ['a peer that does not even read', (s) => s.pause(), 'in time'],
    [
      'OK before the message was sent',
      (s) => {
        s.once('data', () => s.end('stream: OK\0'));
      },
      'stream: OK',
    ],
  ];
  for (const [name, serve, detail] of cases) {
    test(`${name} is no verdict`, async () => {
      await using clamd = await scripted(serve);
      // More than the socket buffers hold, where the peer does not take it all.
      const large = name.startsWith('OK before') || name.startsWith('a peer');
      const source = async () =>
        Readable.from(large ? Array(400).fill(Buffer.alloc(65_536, 65)) : [CONTENT], { objectMode: false });
      const answer = await createClamd({ endpoint: clamd.endpoint, timeoutMs: 400 }).scan(source, never);
      expect(answer.kind).toBe('unavailable');
      expect(answer).toHaveProperty('detail', expect.stringContaining(detail));
    });
  }

  test('nobody listening is no verdict', async () => {
    const clamd = createClamd({
      endpoint: { kind: 'unix', path: '/nonexistent/clamd.sock' },
      timeoutMs: 400,
    });
    expect(await clamd.scan(content, never)).toMatchObject({
      kind: 'unavailable',
      detail: expect.stringContaining('ENOENT'),
    });
    expect((await clamd.probe()).kind).toBe('unavailable');
  });

  test('silence after the connection was taken is told apart from other failures', async () => {
    await using mute = await scripted((socket) => socket.resume());
    await using broken = await scripted((socket) => socket.destroy());
    const late = async (endpoint: Endpoint) =>
      await createClamd({ endpoint, timeoutMs: 200 }).scan(content, never);
    expect(await late(mute.endpoint)).toEqual({
      kind: 'unavailable',
      detail: 'no answer in time',
      late: true,
    });
    expect(await late(broken.endpoint)).not.toHaveProperty('late');
    expect(await late({ kind: 'unix', path: '/nonexistent/clamd.sock' })).not.toHaveProperty('late');
  });

  test("a message that cannot be read is our fault, not the scanner's", async () => {
    await using clamd = await scripted((socket) => socket.resume());
    const broken = async () =>
      new Readable({
        read() {
          this.destroy(new Error('EIO'));
        },
      });
    const scan = createClamd({ endpoint: clamd.endpoint, timeoutMs: 5_000 }).scan(broken, never);
    await expect(scan).rejects.toThrow('EIO');
  });

  test('a scan that is cancelled ends at once', async () => {
    await using clamd = await scripted((socket) => socket.resume());
    const controller = new AbortController();
    const scan = createClamd({ endpoint: clamd.endpoint, timeoutMs: 60_000 }).scan(
      content,
      controller.signal,
    );
    controller.abort();
    expect(await scan).toEqual({ kind: 'unavailable', detail: 'cancelled' });
  });

  test('the message is sent in chunks, and an empty chunk does not end it', async () => {
    let seen: Buffer = Buffer.alloc(0);
    await using clamd = await scripted(
      afterStream((socket, octets) => {
        seen = octets;
        socket.end('stream: OK\0');
      }),
    );
    const chunks = async () => Readable.from([Buffer.from('ab'), Buffer.alloc(0), Buffer.from('cde')]);
    const answer = await createClamd({ endpoint: clamd.endpoint, timeoutMs: 5_000 }).scan(chunks, never);
    expect(answer).toEqual({ kind: 'clean' });
    expect(seen.toString('latin1')).toBe('zINSTREAM\0\0\0\0\x02ab\0\0\0\x03cde\0\0\0\0');
  });

  test('memory does not grow when clamd stops reading', async () => {
    await using clamd = await scripted((socket) => socket.pause());
    let produced = 0;
    const source = async () =>
      new Readable({
        read() {
          produced += 65_536;
          this.push(produced > 200_000_000 ? null : Buffer.alloc(65_536, 65));
        },
      });
    await createClamd({ endpoint: clamd.endpoint, timeoutMs: 500 }).scan(source, never);
    expect(produced).toBeLessThan(20_000_000);
  });
});

const CLEAN = JSON.stringify({
  score: 1,
  required_score: 15,
  action: 'no action',
  thresholds: { 'add header': 6 },
});

async function http(serve: RequestListener): Promise<Scripted> {
  const server = createHttpServer(serve);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    endpoint: { kind: 'tcp', host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const filter = (endpoint: Endpoint, timeoutMs = 400) =>
  createRspamd({ endpoint, timeoutMs, hostname: 'mail.moh.example' });

describe('rspamd', () => {
  const cases: [string, RequestListener, string][] = [
    ['HTTP 500', (q, r) => q.resume().on('end', () => r.writeHead(500).end('oops')), 'HTTP 500: oops'],
    ['HTTP 403', (q, r) => q.resume().on('end', () => r.writeHead(403).end()), 'HTTP 403'],
    ['text instead of JSON', (q, r) => q.resume().on('end', () => r.end('<html>')), 'no JSON'],
    ['half of the JSON', (q, r) => q.resume().on('end', () => r.end(CLEAN.slice(0, 30))), 'no JSON'],
    [
      'an answer cut off',
      (q, r) =>
        q.resume().on('end', () => {
          r.writeHead(200, { 'Content-Length': 500 });
          r.write(CLEAN, () => r.destroy());
        }),
      'aborted',
    ],
    [
      'an answer without end',
      (q, r) => q.resume().on('end', () => r.end('x'.repeat(2_000_000))),
      'without end',
    ],
    ['a reset', (q) => q.socket.resetAndDestroy(), 'ECONNRESET'],
    ['a close', (q) => q.socket.destroy(), 'socket hang up'],
    ['silence', (q) => q.resume(), 'in time'],
    [
      'an answer that never ends',
      (q, r) =>
        q.resume().on('end', () => {
          r.write('{');
        }),
      'in time',
    ],
  ];
  for (const [name, serve, detail] of cases) {
    test(`${name} is no verdict`, async () => {
      await using rspamd = await http(serve);
      using client = filter(rspamd.endpoint);
      const answer = await client.scan(envelope(['ali@moh.example'], CONTENT), content, never);
      expect(answer).toMatchObject({ kind: 'unavailable', detail: expect.stringContaining(detail) });
    });
  }

  test('silence after the connection was taken is told apart from other failures', async () => {
    await using mute = await http((request) => request.resume());
    await using broken = await http((request) => request.socket.destroy());
    const late = async (endpoint: Endpoint) => {
      using client = filter(endpoint, 200);
      return await client.scan(envelope(['ali@moh.example'], CONTENT), content, never);
    };
    expect(await late(mute.endpoint)).toEqual({
      kind: 'unavailable',
      detail: 'no answer in time',
      late: true,
    });
    expect(await late(broken.endpoint)).not.toHaveProperty('late');
    expect(await late({ kind: 'unix', path: '/nonexistent/rspamd.sock' })).not.toHaveProperty('late');
  });

  test('an answer before the whole message was sent is no verdict', async () => {
    await using rspamd = await http((request, response) => {
      request.once('data', () => response.end(CLEAN));
    });
    using client = filter(rspamd.endpoint);
    const large = Buffer.alloc(20_000_000, 65);
    const chunks = Array.from({ length: 200 }, () => large.subarray(0, 100_000));
    const answer = await client.scan(
      envelope(['ali@moh.example'], large),
      async () => Readable.from(chunks, { objectMode: false }),
      never,
    );
    expect(answer).toMatchObject({ kind: 'unavailable', detail: 'HTTP 200 before the end of the message' });
  });

  test('an answer and a close the moment the whole message is there is a verdict', async () => {
    await using rspamd = await scripted((socket) => {
      let seen = '';
      socket.on('data', (octets) => {
        seen += octets.toString('latin1');
        if (!seen.endsWith(CONTENT.toString('latin1'))) return;
        socket.write(
          `HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${CLEAN.length}\r\n\r\n${CLEAN}`,
        );
        socket.end();
      });
    });
    using client = filter(rspamd.endpoint, 5_000);
    // The disk tells later that these were the last octets.
    const slow = async function* () {
      yield CONTENT;
      await new Promise((resolve) => setTimeout(resolve, 50));
    };
    const source = async () => Readable.from(slow(), { objectMode: false });
    const answer = await client.scan(envelope(['ali@moh.example'], CONTENT), source, never);
    expect(answer.kind).toBe('clean');
  });

  test('a message shorter or longer than its envelope says is our fault', async () => {
    await using rspamd = await http((request, response) =>
      request.resume().on('end', () => response.end(CLEAN)),
    );
    using client = filter(rspamd.endpoint, 5_000);
    for (const sizeBytes of [CONTENT.length - 1, CONTENT.length + 1]) {
      const scan = client.scan(envelope(['ali@moh.example'], CONTENT, { sizeBytes }), content, never);
      await expect(scan).rejects.toThrow(`read ${CONTENT.length} octets of ${sizeBytes}`);
    }
    // The broken requests leave nothing behind that the next one could read.
    expect((await client.scan(envelope(['ali@moh.example'], CONTENT), content, never)).kind).toBe('clean');
  });

  test('a connection that was closed while it was kept costs a second try, not a verdict', async () => {
    let requests = 0;
    await using rspamd = await http((request, response) => {
      requests++;
      if (requests === 2) request.socket.destroy();
      else request.resume().on('end', () => response.end(CLEAN));
    });
    using client = filter(rspamd.endpoint, 5_000);
    const message = envelope(['ali@moh.example'], CONTENT);
    expect((await client.scan(message, content, never)).kind).toBe('clean');
    expect((await client.scan(message, content, never)).kind).toBe('clean');
    expect(requests).toBe(3);
  });

  test('rspamd is told who sent what to whom', async () => {
    let seen: NodeJS.Dict<string[]> = {};
    let body = '';
    await using rspamd = await http((request, response) => {
      seen = request.headersDistinct;
      request.on('data', (octets) => {
        body += octets;
      });
      request.on('end', () => response.end(CLEAN));
    });
    using client = filter(rspamd.endpoint, 5_000);
    const helo = { address: '192.0.2.9', helo: 'mx\u00e9\u0142', tls: null };
    const message = envelope(['a@moh.example', 'b@moh.example'], CONTENT, {
      ...submittedBy('ali@moh.example'),
      client: helo,
    });
    await client.scan(message, content, never);
    expect(seen).toMatchObject({
      ip: ['192.0.2.9'],
      helo: ['mx??'],
      from: ['<ali@moh.example>'],
      rcpt: ['<a@moh.example>', '<b@moh.example>'],
      user: ['ali@moh.example'],
      'queue-id': [message.id],
      'mta-name': ['mail.moh.example'],
    });
    expect(body).toBe(CONTENT.toString());
  });

  test('a bounce has an empty sender and no client', async () => {
    let seen: NodeJS.Dict<string[]> = {};
    await using rspamd = await http((request, response) => {
      seen = request.headersDistinct;
      request.resume().on('end', () => response.end(CLEAN));
    });
    using client = filter(rspamd.endpoint, 5_000);
    await client.scan(envelope(['a@moh.example'], CONTENT, { sender: null, client: null }), content, never);
    expect(seen.from).toEqual(['<>']);
    expect(seen).not.toHaveProperty('ip');
  });

  test('the probe takes only pong for up', async () => {
    await using up = await http((_, response) => response.setHeader('Server', 'rspamd/3.4').end('pong\r\n'));
    await using odd = await http((_, response) => response.end('<html>'));
    using client = filter(up.endpoint);
    using oddClient = filter(odd.endpoint);
    expect(await client.probe()).toEqual({ kind: 'up', version: 'rspamd/3.4', signaturesAt: null });
    expect((await oddClient.probe()).kind).toBe('unavailable');
  });
});
