/** Pages of the quarantine: together they are the whole, whatever goes or comes between two of them. */
import { expect, test } from 'vitest';
import type { QuarantineList } from '../../src/http/resources.ts';
import { newMessageId } from '../../src/mail/message-id.ts';
import { call } from './api-call.ts';
import { keptMessage, NOW, startSmallServer } from './api-stand-ins.ts';

/** The list, or the problem. */
async function ask(path: string, query: string) {
  const { body } = await call(path, 'GET', `/quarantine?${query}`);
  return body as unknown as QuarantineList;
}

test('page by page, each message is there once, last kept first', async () => {
  await using server = await startSmallServer();
  for (let n = 0; n < 25; n++) {
    // Several at the same moment.
    server.kept.push({ ...keptMessage(newMessageId(NOW)), keptAt: NOW - (n % 5) * 1_000 });
  }
  const seen: { id: string; keptAt: number }[] = [];
  let cursor = '';
  for (let page = 0; page < 9; page++) {
    const { total, items, next } = await ask(server.path, `limit=3${cursor}`);
    expect([total, items.length]).toEqual([25, page === 8 ? 1 : 3]);
    seen.push(...items);
    cursor = `&cursor=${next}`;
    expect(next === null).toBe(page === 8);
  }
  expect(new Set(seen.map(({ id }) => id)).size).toBe(25);
  expect(seen.map(({ keptAt }) => keptAt)).toEqual(
    seen.map(({ keptAt }) => keptAt).toSorted((a, b) => b - a),
  );
});

test('a page follows another whose last message has gone; what was kept meanwhile comes before it', async () => {
  await using server = await startSmallServer();
  for (let n = 0; n < 4; n++) server.kept.push({ ...keptMessage(newMessageId(NOW)), keptAt: NOW - n });
  const first = await ask(server.path, 'limit=2');
  server.kept.splice(1, 1);
  server.kept.push({ ...keptMessage(newMessageId(NOW)), keptAt: NOW + 1 });
  const second = await ask(server.path, `limit=2&cursor=${first.next}`);
  expect([second.items.map(({ keptAt }) => keptAt), second.next]).toEqual([[NOW - 2, NOW - 3], null]);
});

test('a cursor that is none is said to be so', async () => {
  await using server = await startSmallServer();
  for (const cursor of ['x', '1.', '99999999999999999999.m1kfq3x8z0a7c2d4e6']) {
    expect(await ask(server.path, `cursor=${cursor}`)).toMatchObject({
      status: 400,
      detail: expect.stringMatching(/^cursor: /),
    });
  }
});
