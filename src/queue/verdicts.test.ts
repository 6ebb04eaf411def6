import { expect, test } from 'vitest';
import { verdict } from '../../test/support/messages.ts';
import { newMessageId } from '../mail/message-id.ts';
import type { Verdict } from '../mail/verdict.ts';
import { createVerdicts } from './verdicts.ts';

const never = new AbortController().signal;
const LONG_MS = 60_000;

const cases: [Verdict['kind'], 'accepted' | 'refused'][] = [
  ['clean', 'accepted'],
  ['junk', 'accepted'],
  ['unscannable', 'accepted'],
  ['infected', 'refused'],
  ['spam', 'refused'],
];
for (const [kind, expected] of cases) {
  test(`a session that waits hears of "${kind}" and its message is ${expected}`, async () => {
    const verdicts = createVerdicts();
    const id = newMessageId(0);
    const answer = verdicts.expect(id, LONG_MS, never);
    expect(await verdicts.report(id, verdict(kind))).toBe(expected);
    expect((await answer)?.kind).toBe(kind);
    expect(await verdicts.report(id, verdict(kind))).toBe('accepted');
  });
}

test('a verdict for which nobody waits lets the message go on', async () => {
  expect(await createVerdicts().report(newMessageId(0), verdict('infected'))).toBe('accepted');
});

test('a session whose time ran out, or whose client left, hears null and the message goes on', async () => {
  const verdicts = createVerdicts();
  const [late, gone] = [newMessageId(0), newMessageId(0)];
  expect(await verdicts.expect(late, 1, never)).toBeNull();
  expect(await verdicts.report(late, verdict('infected'))).toBe('accepted');

  const client = new AbortController();
  const answer = verdicts.expect(gone, LONG_MS, client.signal);
  client.abort();
  expect(await answer).toBeNull();
  expect(await verdicts.report(gone, verdict('infected'))).toBe('accepted');
  expect(await verdicts.expect(gone, LONG_MS, client.signal)).toBeNull();
});

test('when no verdict is coming soon the session is let go at once', async () => {
  const verdicts = createVerdicts();
  const id = newMessageId(0);
  const answer = verdicts.expect(id, LONG_MS, never);
  verdicts.giveUp(id);
  expect(await answer).toBeNull();
});

test('when nobody is there who could say, all are let go', async () => {
  const verdicts = createVerdicts();
  const answers = [1, 2].map((number) => verdicts.expect(newMessageId(number), LONG_MS, never));
  verdicts.giveUpAll();
  expect(await Promise.all(answers)).toEqual([null, null]);
});
