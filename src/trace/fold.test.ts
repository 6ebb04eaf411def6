/** What became of a recipient depends on what happened, not on the order in which one hears of it. */
import { expect, test } from 'vitest';
import {
  AHMAD,
  accepted,
  at,
  deferred,
  delivered,
  failedLogin,
  MOH,
  queueAct,
  refused,
  refusedAtData,
  SITI,
  scanned,
} from '../../test/support/events.ts';
import { verdict } from '../../test/support/messages.ts';
import { newMessageId } from '../mail/message-id.ts';
import type { RecordedEvent } from './events.ts';
import { entriesOf } from './fold.ts';
import type { LogEntry } from './log.ts';

const id = newMessageId(Date.UTC(2026, 10, 24));
const second = (seconds: number): number => Date.UTC(2026, 10, 24, 8) + seconds * 1000;

const all = at(0, accepted(id));
const held = at(20, queueAct(id, 'hold'));
const again = at(30, queueAct(id, 'release'));
const tried = at(10, deferred(id));
const triedTwice = at(15, deferred(id, { attempt: 2, nextTryAt: second(600), reason: '451 later' }));
const bounced = { kind: 'bounced', id, recipient: SITI, reply: '550 no', bounce: newMessageId(1) } as const;
const quarantined = { kind: 'quarantined', id, recipient: SITI, reason: 'virus' } as const;
const VIRUS = { reason: 'virus', detail: 'Eicar', part: null, action: 'refuse' } as const;
const SHORT = { reason: 'short-link', detail: 'hxxps://bit[.]ly/x', part: '1', action: 'observe' } as const;
const found = {
  ...scanned(id),
  verdict: verdict('infected', { findings: [VIRUS, SHORT, { ...SHORT, part: '2' }] }),
};
const discarded = {
  kind: 'discarded',
  id,
  recipient: SITI,
  rule: 'no-backscatter',
  reply: '550 no',
} as const;
const dropped = { ...discarded, rule: 'operator', reply: '' } as const;

const cases: readonly [string, readonly RecordedEvent[], Partial<LogEntry>][] = [
  ['accepted', [all], { outcome: 'waiting', attempts: 0, reply: null, updatedAt: second(0) }],
  ['scanned', [all, at(1, scanned(id))], { outcome: 'waiting', updatedAt: second(0) }],
  [
    'deferred',
    [all, tried],
    { outcome: 'deferred', attempts: 1, reason: 'deliver', reply: '452 4.2.2 Mailbox is full' },
  ],
  [
    'deferred twice',
    [all, tried, triedTwice],
    { outcome: 'deferred', attempts: 2, nextTryAt: second(600), reply: '451 later', updatedAt: second(15) },
  ],
  [
    'not scanned, then deferred',
    [all, at(5, deferred(id, { stage: 'scan', attempt: 3, recipients: [SITI, AHMAD] })), tried],
    { outcome: 'deferred', attempts: 4, reason: 'deliver' },
  ],
  [
    'tried again by hand',
    [all, tried, at(12, queueAct(id, 'retry'))],
    { outcome: 'deferred', nextTryAt: second(12) },
  ],
  [
    'held',
    [all, tried, held],
    {
      outcome: 'held',
      attempts: 1,
      nextTryAt: null,
      reply: 'held by admin@moh.example',
      updatedAt: second(20),
    },
  ],
  ['held and let go', [all, tried, held, again], { outcome: 'deferred', attempts: 1, updatedAt: second(30) }],
  ['held and let go at once', [all, held, again], { outcome: 'waiting', updatedAt: second(30) }],
  [
    'delivered',
    [all, at(40, delivered(id))],
    { outcome: 'delivered', reason: 'INBOX', attempts: 1, reply: '250 2.0.0 Saved', updatedAt: second(40) },
  ],
  [
    'delivered after all',
    [all, tried, triedTwice, held, again, at(40, delivered(id))],
    { outcome: 'delivered', attempts: 3, nextTryAt: null },
  ],
  ['bounced', [all, tried, at(40, bounced)], { outcome: 'bounced', attempts: 2, reply: '550 no' }],
  [
    'quarantined',
    [all, at(40, quarantined)],
    { outcome: 'quarantined', reason: 'virus', reply: null, reasons: [], attempts: 0 },
  ],
  [
    'quarantined for what the verdict found',
    [all, at(1, found), at(40, quarantined)],
    { outcome: 'quarantined', reason: 'virus', reply: 'Eicar', reasons: ['virus', 'short-link'] },
  ],
  [
    'delivered in spite of what the verdict found',
    [all, at(1, found), at(40, delivered(id))],
    { outcome: 'delivered', reason: 'INBOX', reply: '250 2.0.0 Saved', reasons: ['virus', 'short-link'] },
  ],
  [
    'discarded',
    [all, at(40, discarded)],
    { outcome: 'discarded', reason: 'no-backscatter', attempts: 1, reply: '550 no' },
  ],
  [
    'dropped',
    [all, tried, held, at(40, queueAct(id, 'drop')), at(40, dropped)],
    { outcome: 'discarded', reason: 'operator', attempts: 1, reply: null },
  ],
  [
    'the outcome before the acceptance',
    [at(-1, delivered(id)), all],
    { outcome: 'delivered', at: second(0), sizeBytes: 20_000 },
  ],
];

for (const [name, events, expected] of cases) {
  test(`${name}: in whichever order the events come`, () => {
    const entry = (order: readonly RecordedEvent[]): LogEntry | undefined =>
      entriesOf(order).find(({ recipient }) => recipient === SITI);
    const first = entry(events);
    expect(first).toMatchObject(expected);
    for (const order of permutations(events)) expect(entry(order)).toEqual(first);
  });
}

test('each recipient has an entry with the facts of the message', () => {
  const entries = entriesOf([all, at(4, delivered(id, AHMAD))]);
  expect(entries.map(({ recipient, outcome }) => [recipient, outcome])).toEqual([
    [SITI, 'waiting'],
    [AHMAD, 'delivered'],
  ]);
  const facts = { id, at: second(0), door: 'mx', client: '192.0.2.9', sender: 'ali@partner.example' };
  for (const entry of entries) expect(entry).toMatchObject({ ...facts, recipientAgency: 'moh' });
});

test('a recipient of whom only the outcome is known has an entry, a message without recipients none', () => {
  const [entry] = entriesOf([at(4, delivered(id))]);
  expect(entry).toMatchObject({ id, sender: undefined, recipient: SITI, outcome: 'delivered', door: null });
  expect(entriesOf([at(1, scanned(id)), at(2, queueAct(id, 'hold'))])).toEqual([]);
});

test('a message that was refused after its verdict is an entry for each recipient, the verdict as the reason', () => {
  const late = at(2, deferred(id, { stage: 'scan' }));
  for (const order of permutations([at(1, scanned(id, 'spam')), at(3, refusedAtData(id)), late])) {
    const facts = {
      ...{ id, at: second(3), outcome: 'refused', sender: 'ali@partner.example' },
      ...{ reason: 'spam', reasons: ['spam'] },
    };
    expect(entriesOf(order)).toMatchObject([
      { ...facts, recipient: SITI, recipientAgency: 'moh' },
      { ...facts, recipient: AHMAD, recipientAgency: 'moh' },
    ]);
  }
});

test('a refusal of content that has no message yet names its recipients, and one that names none is one entry', () => {
  const named = entriesOf([at(0, refusedAtData(null))]);
  expect(named.map(({ recipient, outcome }) => [recipient, outcome])).toEqual([
    [SITI, 'refused'],
    [AHMAD, 'refused'],
  ]);
  for (const recipients of [null, []]) {
    const entries = entriesOf([at(0, refusedAtData(id, recipients))]);
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({ id, outcome: 'refused', recipient: null });
  }
});

test('a refusal for what the content holds has its heaviest reason, and all that was found', () => {
  const refusal = refused({
    ...{ recipient: null, recipients: [{ address: SITI, agencyId: MOH }], command: 'DATA' },
    ...{ reasons: ['virus'], findings: [VIRUS, SHORT] },
  });
  expect(entriesOf([at(0, refusal)])).toMatchObject([
    { id: null, recipient: SITI, reason: 'virus', reasons: ['virus', 'short-link'] },
  ]);
});

test('a refusal at the door and a failed login are entries without a message', () => {
  expect(entriesOf([at(0, refused())])).toMatchObject([
    { id: null, recipient: 'nobody@moh.example', outcome: 'refused', reply: '550 5.1.1 No such user' },
  ]);
  expect(entriesOf([at(0, failedLogin)])).toMatchObject([
    { id: null, login: SITI, outcome: 'login-failed', sender: undefined, client: '192.0.2.9' },
  ]);
});

/** All orders of a few, and the turns of many. */
function permutations<Item>(items: readonly Item[]): Item[][] {
  if (items.length > 5) return items.map((_, at) => [...items.slice(at), ...items.slice(0, at)].reverse());
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]));
}
