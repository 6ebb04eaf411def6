/**
 * A message that kills whoever works on it: the attempt is written down before the risk, so that it waits like one that
 * failed, others get their turn, and an operator sees it.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { letterText, type Running, type RunningUser } from '../support/running.ts';
import { ONE_SQLITE, startInShape, TWO_SQLITE } from '../support/shapes.ts';
import { waitFor } from '../support/wait-for.ts';

const FAULTS = [
  // New mail is not written down before its first scan; from then on it is.
  { at: 'work-verdict', deaths: 2, stage: 'scan', reason: 'the scan did not come to an end' },
  { at: 'work-delivered', deaths: 1, stage: 'deliver', reason: 'the attempt did not come to an end' },
] as const;

describe.each([ONE_SQLITE, TWO_SQLITE])('$name', (shape) => {
  let running: Running;
  let sender: RunningUser;
  let recipient: RunningUser;
  const worker = shape.processes === 1 ? 'geganti' : 'work';

  beforeAll(async () => {
    running = await startInShape(shape, {
      GEGANTI_SCAN_RETRY: '1 h',
      GEGANTI_SCAN_MAX_RETRY: '1 h',
      GEGANTI_DELIVER_RETRY: '1 h',
      // The answer must not die with the scan.
      GEGANTI_DOORS_SUBMISSION_VERDICT_WAIT: '0 s',
    });
    sender = await running.addUser({ address: 'aminah@moh.example' });
    recipient = await running.addUser({ address: 'badrul@moh.example' });
  });
  afterAll(() => running?.[Symbol.asyncDispose]());

  async function submit(subject: string): Promise<string> {
    const content = letterText(sender, subject);
    const { id, reply } = await running.send({ door: 'submission', from: sender, to: [recipient], content });
    if (!id) throw new Error(`refused: ${reply}`);
    return id;
  }

  for (const { at, deaths, stage, reason } of FAULTS) {
    test(`dies at ${at}: ${deaths} times, then it waits and others pass`, async () => {
      await running.killServer([worker]);
      await running.startServer({ names: [worker], crashAt: Array.from({ length: deaths }, () => at) });
      const { restarts } = running.part(worker);
      const id = await submit(`${at} racun`);
      await waitFor('its deaths', () =>
        running.part(worker).restarts === restarts + deaths ? true : undefined,
      );
      const waiting = await waitFor('the queue', async () => {
        const { messages } = await running.queue();
        return messages.find((message) => message.id === id && message.nextTryAt > Date.now());
      });
      expect(waiting).toMatchObject({ stage, reason, attempts: 1 });
      const other = await submit(`${at} lain`);
      await running.ended(other, 1);
      expect((await running.path(id)).waiting).not.toBeNull();

      await running.api.post('/queue/retry', { ids: [id] });
      await running.ended(id, 1);
      expect(running.part(worker).restarts).toBe(restarts + deaths);
    });
  }
});
