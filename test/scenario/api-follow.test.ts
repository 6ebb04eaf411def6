/** The live log over HTTP: each event once, nothing held for a slow reader, and an end that says why. */
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { followEvents } from '../../src/http/follow.ts';
import { type Log, silentLog } from '../../src/lib/log.ts';
import { newMessageId } from '../../src/mail/message-id.ts';
import { waitFor } from '../support/wait-for.ts';
import { open } from './api-call.ts';
import { BOUNCE, ID, recordPath, SITI, type SmallServer, startSmallServer } from './api-stand-ins.ts';

const saved = {
  kind: 'delivered',
  recipient: SITI,
  folder: 'INBOX',
  reply: '250 Saved',
  afterMs: 5,
} as const;

/** Resolves when the server has begun to tell. */
async function follow(server: SmallServer, query: string) {
  const response = await open(server.path, 'GET', `/log/follow?${query}`);
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const ended = new Promise((resolve) => response.once('end', resolve));
  return { response, ended, text: () => text };
}

function kindsOf(text: string): string[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line)).map((line) => line.kind ?? line.notice);
}

test('who follows gets the last events and then each new one once, and is told when the server stops', async () => {
  await using server = await startSmallServer();
  recordPath(server.trace);
  const { response, ended, text } = await follow(server, 'last=2');
  expect(response.headers['content-type']).toMatch(/^application\/x-ndjson/);
  await waitFor('the last events', () => (text().includes(BOUNCE) ? true : undefined));
  server.trace.record({ ...saved, id: BOUNCE });
  await waitFor('the new event', () => (text().includes('250 Saved') ? true : undefined));
  await server.stop();
  await ended;
  expect(kindsOf(text())).toEqual(['bounced', 'accepted', 'delivered', 'the server is stopping']);
});

test('the same filters as a search hold for what is followed', async () => {
  await using server = await startSmallServer();
  recordPath(server.trace);
  const { response, text } = await follow(
    server,
    `last=10&id=${BOUNCE}&outcome=delivered&recipient=@moh.example`,
  );
  await waitFor('its event', () => (text().includes(BOUNCE) ? true : undefined));
  expect(kindsOf(text())).toEqual(['accepted']);
  expect(server.trace.asked.at(-1)).toEqual({
    id: BOUNCE,
    outcomes: ['delivered'],
    recipient: '@moh.example',
  });
  response.destroy();
});

test('a reader that does not read holds nothing in memory: the log is not read on for it', async () => {
  await using server = await startSmallServer();
  const EVENTS = 100_000;
  for (let n = 0; n < EVENTS; n++) server.trace.record({ ...saved, id: newMessageId(n) });
  const socket = connect({ path: server.path });
  socket.on('error', () => {});
  socket.write('GET /log/follow?last=10000 HTTP/1.1\r\nhost: x\r\n\r\n');
  await new Promise((resolve) => socket.once('data', resolve));
  socket.pause();
  for (let n = 0; n < EVENTS; n++) server.trace.record({ ...saved, id: newMessageId(n) });
  const given = () => server.trace.given.at(-1) ?? 0;
  let before = -1;
  // It goes on until the kernel's buffers are full, and then stands still.
  await waitFor('it to stand still', () => {
    const stands = given() === before;
    before = given();
    return stands || undefined;
  });
  expect(given()).toBeLessThan(20_000);
  const lines: string[] = [];
  socket.setEncoding('utf8').on('data', (chunk: string) => void lines.push(chunk));
  socket.resume();
  await waitFor('the rest', () => (given() === 10_000 + EVENTS ? true : undefined));
  await waitFor('all of it here', () =>
    lines.join('').split('"delivered"').length > 10_000 + EVENTS - 1_000 ? true : undefined,
  );
  socket.destroy();
});

test('when the reader leaves, the log is no longer followed', async () => {
  let ended = false;
  const deliveryLog = {
    async *follow(_filter: object, _last: number, signal: AbortSignal) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      ended = true;
      yield* [];
    },
  };
  const stopping = new AbortController().signal;
  const lines = followEvents({ deliveryLog, log: silentLog, stopping }, {}, 0);
  lines.resume();
  await new Promise((resolve) => lines.once('readable', resolve));
  lines.destroy();
  await waitFor('the end', () => ended || undefined);
});

test('a log that cannot be read ends the stream with a notice, and the cause is in the server’s log only', async () => {
  const told: object[] = [];
  const log: Log = { ...silentLog, error: (facts) => void told.push(facts) };
  const deliveryLog = {
    // biome-ignore lint/correctness/useYield: it fails before the first event
    async *follow(): AsyncGenerator<never> {
      throw new Error('EIO /var/lib/geganti');
    },
  };
  const stopping = new AbortController().signal;
  let text = '';
  for await (const chunk of followEvents({ deliveryLog, log, stopping }, { id: ID }, 0)) text += chunk;
  expect(kindsOf(text)).toEqual(['the delivery log cannot be read on; the server log says why']);
  expect(told).toMatchObject([{ err: { message: 'EIO /var/lib/geganti' } }]);
});
