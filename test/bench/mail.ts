/** The whole way: 1,000 messages of 20 kB from 20 connections through clamd and rspamd into Dovecot's mailboxes. */
import { logLines } from '../support/running.ts';
import { waitFor } from '../support/wait-for.ts';
import { describeLoad } from './accept.ts';
import { runLoad } from './load.ts';
import { benchServer } from './server.ts';

const COUNT = 1_000;

/** Prints the rate to the last mailbox. Throws when a message is missing there. */
export async function benchMail(): Promise<void> {
  await using ours = await benchServer({ discard: false });
  const { data } = ours.running;
  const load = { port: ours.port, connections: 20, sizeBytes: 20_000, ...ours.people };
  await runLoad({ ...load, count: 100 });
  await delivered(data, 100);

  const started = performance.now();
  const result = await runLoad({ ...load, count: COUNT });
  await delivered(data, 100 + COUNT);
  const seconds = (performance.now() - started) / 1000;
  console.log(`mail: ${describeLoad(result)}`);
  console.log(
    `mail: all ${COUNT} in their mailboxes after ${seconds.toFixed(1)} s: ${(COUNT / seconds).toFixed(0)}/s`,
  );
}

async function delivered(data: string, count: number): Promise<void> {
  let found = 0;
  await waitFor(
    `${count} deliveries`,
    () => {
      found = logLines(data).filter(({ kind }) => kind === 'delivered').length;
      if (found < count) throw new Error(`${found} delivered`);
      return true;
    },
    120_000,
  );
}
