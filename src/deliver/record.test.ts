import { expect, test } from 'vitest';
import { address } from '../../test/support/messages.ts';
import type { AttemptOutcome } from '../mail/outcome.ts';
import { parseReply } from '../mail/reply.ts';
import { record } from './record.ts';
import type { Due } from './route.ts';

const settings = { retryMs: [1_000, 5_000], expireMs: 100_000 };
const time = { receivedAt: 0, now: 10_000, random: 0.5 };
const due = (text: string, attempt = 1): Due => ({
  recipient: address(text),
  mailbox: address(text),
  folder: 'INBOX',
  attempt,
});
const deferred = (text: string, maybeDuplicate = false): AttemptOutcome => ({
  kind: 'deferred',
  reply: parseReply(text),
  maybeDuplicate,
});

test('each recipient has the record of its own outcome', () => {
  const records = record(
    [
      [due('a@moh.example'), { kind: 'delivered', reply: parseReply('250 2.0.0 Saved') }],
      [due('b@moh.example'), { kind: 'failed', reply: parseReply('550 5.1.1 unknown') }],
      [due('c@moh.example'), deferred('452 4.2.2 full')],
    ],
    settings,
    time,
  );
  expect(records.delivered).toMatchObject([
    { reply: '250 2.0.0 Saved', due: { recipient: 'a@moh.example' } },
  ]);
  expect(records.failed).toMatchObject([{ recipient: 'b@moh.example', reply: { code: 550 } }]);
  expect(records.postponed).toEqual([
    { recipients: ['c@moh.example'], attempt: 1, nextTryAt: 11_000, reason: '452 4.2.2 full' },
  ]);
});

test('those with the same attempt and reason wait together', () => {
  const { postponed } = record(
    [
      [due('a@moh.example'), deferred('451 4.3.0 later')],
      [due('b@moh.example', 2), deferred('451 4.3.0 later')],
      [due('c@moh.example'), deferred('451 4.3.0 later')],
      [due('d@moh.example'), deferred('452 4.2.2 full', true)],
    ],
    settings,
    time,
  );
  expect(postponed).toMatchObject([
    { recipients: ['a@moh.example', 'c@moh.example'], attempt: 1, nextTryAt: 11_000 },
    { recipients: ['b@moh.example'], attempt: 2, nextTryAt: 15_000 },
    { recipients: ['d@moh.example'], reason: '452 4.2.2 full (perhaps delivered)' },
  ]);
});

test('when the time is up a temporary failure is permanent', () => {
  const late = { ...time, now: 100_000 };
  const { failed, postponed } = record(
    [[due('a@moh.example', 9), deferred('452 4.2.2 full')]],
    settings,
    late,
  );
  expect(postponed).toEqual([]);
  expect(failed).toMatchObject([{ reply: { enhanced: '4.4.7' } }]);
  expect(failed[0]?.reply.lines[0]).toContain('452 4.2.2 full');
});
