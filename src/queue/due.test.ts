import { expect, test } from 'vitest';
import { envelope, verdict } from '../../test/support/messages.ts';
import { newMessage } from '../spool/message-state.ts';
import { dueAt } from '../spool/spool.ts';
import { dueNow } from './due.ts';

const base = newMessage(envelope(['aminah@moh.example'], Buffer.alloc(1)));
const CLEAN = verdict('clean');

test('a message without a verdict is due for its scan, one with a verdict at its earliest recipient', () => {
  expect(dueAt({ ...base, scan: { attempts: 1, nextTryAt: 99, reason: null } })).toBe(99);
  const [one] = base.recipients;
  if (!one) throw new Error('no recipient');
  const recipients = [
    { ...one, nextTryAt: 70 },
    { ...one, nextTryAt: 50, outcome: { kind: 'quarantined', reason: 'spam' } as const },
    { ...one, nextTryAt: 60 },
  ];
  expect(dueAt({ ...base, verdict: CLEAN, recipients })).toBe(60);
});

test('due now: the same attempts and reasons, of those only who wait for later', () => {
  const scan = { attempts: 3, nextTryAt: 90, reason: 'clamd: late' };
  expect(dueNow({ ...base, scan }, 50)).toMatchObject([
    { stage: 'scan', attempt: 3, nextTryAt: 50, reason: 'clamd: late' },
  ]);
  const [one] = base.recipients;
  if (!one) throw new Error('no recipient');
  const waits = (attempts: number, reason: string) => ({ ...one, attempts, nextTryAt: 90, reason });
  const recipients = [waits(1, 'full'), waits(2, 'down'), waits(1, 'full'), one];
  expect(dueNow({ ...base, verdict: CLEAN, recipients }, 50)).toMatchObject([
    { stage: 'deliver', attempt: 1, nextTryAt: 50, reason: 'full', recipients: [one.address, one.address] },
    { stage: 'deliver', attempt: 2, nextTryAt: 50, reason: 'down' },
  ]);
});
