import { expect, test } from 'vitest';
import { parseReply } from '../mail/reply.ts';
import { classify } from './classify.ts';
import type { Answer, Phase } from './transact.ts';

const cases: [string, Phase, string | null, string][] = [
  ['2xx after the dot is delivered', 'final', '250 2.0.0 Saved', 'delivered'],
  ['4xx after the dot', 'final', '452 4.2.2 Quota exceeded', 'deferred'],
  ['5xx after the dot', 'final', '550 5.2.0 no', 'failed'],
  ['552 after the dot', 'final', '552 5.2.2 Quota exceeded', 'failed'],
  ['no reply after the dot', 'final', null, 'deferred, perhaps delivered'],
  ['an unknown code after the dot', 'final', '999 what', 'deferred, perhaps delivered'],
  ['half a code after the dot', 'final', '2', 'deferred, perhaps delivered'],
  ['354 after the dot', 'final', '354 go on', 'deferred, perhaps delivered'],
  ['no text after the dot', 'final', '250', 'delivered'],
  ['4xx to the recipient', 'rcpt', '451 4.3.0 later', 'deferred'],
  ['5xx to the recipient', 'rcpt', '550 5.1.1 unknown', 'failed'],
  ['an unknown code to the recipient', 'rcpt', '650 ?', 'deferred'],
  ['lost at the recipient', 'rcpt', null, 'deferred'],
  ['5xx to the sender', 'mail', '550 5.7.1 no', 'failed'],
  ['421 to the sender', 'mail', '421 4.3.2 shutting down', 'deferred'],
  ['lost at the sender', 'mail', null, 'deferred'],
  ['250 instead of 354', 'data', '250 ok', 'deferred'],
  ['554 to DATA', 'data', '554 5.5.1 no', 'failed'],
  ['lost within the content', 'content', null, 'deferred'],
  ['no connection', 'connect', null, 'deferred'],
  ['a greeting that refuses', 'connect', '554 5.3.2 no service', 'deferred'],
];

for (const [name, phase, reply, expected] of cases) {
  test(name, () => {
    const answer: Answer =
      reply === null ? { phase, reply, lost: 'closed' } : { phase, reply: parseReply(reply) };
    const outcome = classify(answer);
    const twice = outcome.kind === 'deferred' && outcome.maybeDuplicate ? ', perhaps delivered' : '';
    expect(outcome.kind + twice).toBe(expected);
  });
}

test('a lost connection is told in words', () => {
  expect(classify({ phase: 'final', reply: null, lost: 'closed' })).toMatchObject({
    reply: { code: 451, enhanced: '4.4.2', lines: ['lost after the end of the message: closed'] },
  });
});
