/** PostgreSQL that is away, at the start or later, costs no row: they are made when it is back. */
import { expect, test } from 'vitest';
import { startDeliveryLog } from '../../test/support/delivery-logs.ts';
import { at, delivered } from '../../test/support/events.ts';
import { startPostgres } from '../../test/support/postgres.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { type Log, silentLog } from '../lib/log.ts';
import { Away } from '../lib/problem.ts';
import { newMessageId } from '../mail/message-id.ts';

test('a database that is away is waited for, and until then questions and status say so', async () => {
  await using server = await startPostgres();
  const url = await server.url('trace');
  const place = { database: { kind: 'postgresql', url }, [Symbol.asyncDispose]: async () => {} } as const;
  const said: string[] = [];
  const log: Log = { ...silentLog, error: (_, text) => void said.push(text) };

  await server.stop();
  await using set = await startDeliveryLog(place, { log });
  const ids = [1, 2, 3].map(newMessageId);
  for (const [outage, id] of ids.entries()) {
    await set.write([at(outage, delivered(id))]);
    await expect(set.log.events(id)).rejects.toThrow(Away);
    const { behindBytes, problem } = await set.log.status();
    expect(behindBytes).toBeGreaterThan(100);
    expect(problem).not.toBe(null);
    expect(problem).not.toContain(server.password);
    await server.start();
    await waitFor('the rows', async () => ((await set.log.status()).behindBytes === 0 ? true : undefined));
    expect(await set.log.events(id)).toHaveLength(1);
    expect((await set.log.status()).problem).toBe(null);
    await server.stop();
  }
  // Once for each time that it went away, not for each try.
  expect(said.filter((text) => text.includes('no rows can be made'))).toHaveLength(ids.length);
});
