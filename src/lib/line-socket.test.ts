import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { BadField } from './fields.ts';
import { connectLines, type Peer, type PeerHandlers, serveLines } from './line-socket.ts';

const deaf: PeerHandlers = { asked: async () => null, told: () => {} };

/** A server whose handlers the test gives, and what connects to it. */
async function start(handlers: Partial<PeerHandlers> = {}) {
  const made = new AsyncDisposableStack();
  const folder = made.use(await tempFolder());
  const path = join(folder.path, 'lines.sock');
  const peers: Peer[] = [];
  const accept = (peer: Peer): PeerHandlers => {
    peers.push(peer);
    return { ...deaf, ...handlers };
  };
  made.use(await serveLines({ key: 'services.link', endpoint: { kind: 'unix', path }, accept }));
  const open = async (): Promise<Peer> => {
    const peer = await connectLines(path, () => deaf);
    made.defer(() => peer.end());
    return peer;
  };
  const raw = async (): Promise<Socket> => {
    const socket = connect({ path });
    made.defer(() => void socket.destroy());
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  };
  return { path, peers, accept, open, raw, [Symbol.asyncDispose]: () => made.disposeAsync() };
}

test('each question has its own answer, in whatever order they are ready', async () => {
  const first = Promise.withResolvers<string>();
  await using set = await start({
    asked: (_what, body) => (body === 'first' ? first.promise : Promise.resolve(`to ${body}`)),
  });
  const peer = await set.open();
  const slow = peer.ask('x', 'first');
  expect(await peer.ask('x', 'second “ü”\n')).toBe('to second “ü”\n');
  first.resolve('at last');
  expect(await slow).toBe('at last');
});

test('what the other end throws rejects the question and nothing else', async () => {
  await using set = await start({
    asked: async (what) => {
      if (what === 'bad') throw new Error('no space left');
      return what;
    },
  });
  const peer = await set.open();
  await expect(peer.ask('bad', null)).rejects.toMatchObject({
    name: 'PeerFailure',
    message: 'no space left',
  });
  expect(await peer.ask('good', null)).toBe('good');
});

test('either end asks and tells; lines arrive in the order in which they were sent', async () => {
  const seen: unknown[] = [];
  await using set = await start({
    asked: async (what, body) => seen.push(what, body),
    told: (what, body) => void seen.push(what, body),
  });
  const peer = await set.open();
  peer.tell('a', 1);
  const asked = peer.ask('b', 2);
  peer.tell('c', 3);
  await asked;
  await waitFor('the last', () => (seen.length === 6 ? true : undefined));
  expect(seen).toEqual(['a', 1, 'b', 2, 'c', 3]);
  expect(await set.peers[0]?.ask('back', null)).toBe(null);
});

test('lines of one turn of the event loop leave in one write', async () => {
  await using set = await start();
  const socket = await set.raw();
  const chunks: string[] = [];
  socket.on('data', (octets) => chunks.push(octets.toString()));
  const [peer] = set.peers;
  for (let count = 0; count < 100; count++) peer?.tell('x', count);
  await waitFor('the lines', () => (chunks.join('').split('\n').length === 101 ? true : undefined));
  expect(chunks).toHaveLength(1);
});

test('a question whose answer is lost with the connection says so', async () => {
  await using set = await start({ asked: () => new Promise(() => {}) });
  const peer = await set.open();
  const question = peer.ask('x', null);
  await waitFor('the other end', () => set.peers[0]);
  set.peers[0]?.end();
  await expect(question).rejects.toMatchObject({ name: 'PeerGone' });
  await expect(peer.ask('x', null)).rejects.toMatchObject({ name: 'PeerGone' });
  expect(peer.gone.aborted).toBe(true);
});

const broken: [string, string | Buffer][] = [
  ['no JSON', 'EHLO mail.moh.example\r\n'],
  ['no object', '[1,2]\n'],
  ['a question without a word', '{"ask":1}\n'],
  ['an answer that nobody asked for', '{"answer":7,"body":null}\n'],
  ['a body that the handler finds wrong', '{"ask":1,"what":"picky","body":null}\n'],
  ['octets that are no text', Buffer.from([0xff, 0x00, 0x0a])],
  ['a line without end', Buffer.alloc(9 * 1024 * 1024, 'x')],
];
for (const [name, octets] of broken) {
  test(`a peer that breaks the form is cut, the others are not: ${name}`, async () => {
    await using set = await start({
      asked: async (what) => {
        if (what === 'picky') throw new BadField('body: empty');
        return 'here';
      },
    });
    const good = await set.open();
    const bad = await set.raw();
    await waitFor('both', () => set.peers[1]);
    const closed = new Promise((resolve) => bad.once('close', resolve));
    bad.write(octets);
    bad.resume();
    await closed;
    expect(set.peers[1]?.problem).toContain('broke the form');
    expect(await good.ask('x', null)).toBe('here');
  });
}

test('a flood of garbage is cut after the first line of it', async () => {
  let heard = 0;
  await using set = await start({ told: () => void heard++ });
  const bad = await set.raw();
  const closed = new Promise((resolve) => bad.once('close', resolve));
  bad.resume();
  const flood = setInterval(() => bad.write(Buffer.alloc(1024 * 1024, 'garbage\n')), 1);
  await closed;
  clearInterval(flood);
  expect(heard).toBe(0);
});

test('who takes no answers is not listened to meanwhile', async () => {
  let asked = 0;
  const answer = 'x'.repeat(1024 * 1024);
  await using set = await start({
    asked: async () => {
      asked++;
      return answer;
    },
  });
  const socket = await set.raw();
  for (let count = 1; count <= 200; count++) {
    socket.write(`{"ask":${count},"what":"x"}\n`);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const before = await waitFor('a standstill', async () => {
    const then = asked;
    await new Promise((resolve) => setTimeout(resolve, 100));
    return then === asked ? then : undefined;
  });
  expect(before).toBeLessThan(60);
  socket.resume();
  await waitFor('the rest', () => (asked === 200 ? true : undefined));
});

test('the socket is for its owner alone, and gone when it is closed', async () => {
  const set = await start();
  expect((await stat(set.path)).mode & 0o777).toBe(0o600);
  await set[Symbol.asyncDispose]();
  await expect(stat(set.path)).rejects.toMatchObject({ code: 'ENOENT' });
});
