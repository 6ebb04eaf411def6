/** The server is stopped as an operator stops it, in the middle of a flow of mail, and started again. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFlow } from '../support/flow.ts';
import { logLines, type Running, type RunningUser } from '../support/running.ts';
import { SHAPES, startInShape } from '../support/shapes.ts';
import { waitFor } from '../support/wait-for.ts';

const STOPS = 2;

describe.each(SHAPES)('$name', (shape) => {
  let running: Running;
  let sender: RunningUser;
  let to: RunningUser[];

  beforeAll(async () => {
    running = await startInShape(shape);
    sender = await running.addUser({ address: 'aminah@moh.example' });
    to = [
      await running.addUser({ address: 'badrul@moh.example' }),
      await running.addUser({ address: 'devi@mot.example', grade: 'M10' }),
    ];
  });
  afterAll(() => running?.[Symbol.asyncDispose]());

  test('stopped in the middle of a flow of mail: nothing is lost, and nothing comes twice', async () => {
    const flow = startFlow(running, {
      name: 'aliran',
      doors: ['mx', 'mx', 'submission', 'submissions'],
      sender,
      to,
      bytes: 20_000,
    });
    for (let stop = 0; stop < STOPS; stop++) {
      const before = flow.accepted.size;
      await waitFor('a flow', () => (flow.accepted.size > before + 10 ? true : undefined));
      await running.stopServer();
      await running.startServer();
    }
    await flow.stop();
    await waitFor('an empty queue', async () => ((await running.queue()).total === 0 ? true : undefined));

    const subjects = [...flow.accepted.keys()].sort();
    for (const user of to) {
      await using mailbox = await running.mailbox(user);
      const found = await mailbox.subjects('INBOX');
      expect(found.sort(), user.address).toEqual(subjects);
    }
    const delivered = logLines(running.data).filter(({ kind }) => kind === 'delivered');
    expect(delivered).toHaveLength(subjects.length * to.length);
    expect(running.server.map((name) => running.part(name).restarts)).toEqual(running.server.map(() => 0));
  });
});
