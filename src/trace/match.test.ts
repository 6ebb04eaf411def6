import { expect, test } from 'vitest';
import {
  AHMAD,
  ALI,
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
import type { AgencyId } from '../mail/envelope.ts';
import { newMessageId } from '../mail/message-id.ts';
import type { TraceEvent } from './events.ts';
import type { LogFilter } from './log.ts';
import { matches, messageFacts } from './match.ts';

const id = newMessageId(Date.UTC(2026, 10, 24));
const JPA = 'jpa' as AgencyId;
const known = messageFacts(
  at(
    0,
    accepted(id, {
      recipients: [
        { address: SITI, agencyId: MOH },
        { address: AHMAD, agencyId: JPA },
      ],
    }),
  ),
);

const SHORT = { reason: 'short-link', detail: 'hxxps://bit[.]ly/x', part: '1', action: 'observe' } as const;

/** Which of these fit: accepted, scanned, deferred (Siti), delivered (Ahmad), hold, refused at RCPT, failed login. */
const EVENTS: readonly TraceEvent[] = [
  accepted(id),
  { ...scanned(id), verdict: verdict('clean', { findings: [SHORT] }) },
  deferred(id),
  delivered(id, AHMAD),
  queueAct(id, 'hold'),
  refused(),
  failedLogin,
];

const cases: readonly [string, LogFilter, string][] = [
  ['nothing asked', {}, 'accepted scanned deferred delivered queue-act refused login-failed'],
  ['sender', { sender: 'ALI@partner.example' }, 'accepted scanned deferred delivered queue-act refused'],
  [
    'domain of the sender',
    { sender: '@partner.example' },
    'accepted scanned deferred delivered queue-act refused',
  ],
  ['null sender', { sender: '<>' }, ''],
  ['recipient', { recipient: 'siti@moh.example' }, 'accepted scanned deferred queue-act'],
  ['recipient in another case', { recipient: 'ahmad@MOH.example' }, 'accepted scanned delivered queue-act'],
  [
    'domain of the recipient',
    { recipient: '@moh.example' },
    'accepted scanned deferred delivered queue-act refused',
  ],
  ['sender or recipient', { address: 'siti@moh.example' }, 'accepted scanned deferred queue-act'],
  ['agency', { agency: JPA }, 'scanned delivered queue-act'],
  ['Message-ID', { messageId: `${id}@partner.example` }, 'accepted scanned deferred delivered queue-act'],
  ['client', { client: '192.0.2.9' }, 'accepted scanned deferred delivered queue-act refused login-failed'],
  ['id', { id }, 'accepted scanned deferred delivered queue-act'],
  ['outcome', { outcomes: ['held', 'delivered', 'login-failed'] }, 'delivered queue-act login-failed'],
  ['reason', { reason: 'INBOX' }, 'delivered'],
  ['reason of something found', { reason: 'short-link' }, 'scanned'],
  ['text of something found', { text: 'BIT[.]ly' }, 'scanned'],
  ['text', { text: 'FULL mailbox' }, 'deferred'],
  ['time that is over', { until: Date.UTC(2026, 10, 24, 8) }, ''],
  [
    'sender and recipient',
    { sender: ALI, recipient: 'siti@moh.example' },
    'accepted scanned deferred queue-act',
  ],
];

for (const [name, filter, kinds] of cases) {
  test(`${name}: passes ${kinds || 'nothing'}`, () => {
    const passed = EVENTS.filter((event) => matches(filter, at(0, event), event.id && known));
    expect(passed.map(({ kind }) => kind).join(' ')).toBe(kinds);
  });
}

test('a message that was refused fits each of its recipients, and so does what was said of it before', () => {
  const refusal = at(1, refusedAtData(id, [{ address: AHMAD, agencyId: JPA }]));
  const facts = messageFacts(refusal);
  const fitting: LogFilter[] = [
    { recipient: 'ahmad@moh.example' },
    { recipient: '@moh.example' },
    { address: 'ahmad@MOH.example' },
    { agency: JPA },
    { sender: ALI, recipient: AHMAD },
  ];
  for (const event of [refusal, at(0, scanned(id, 'spam'))]) {
    for (const filter of fitting) expect([filter, matches(filter, event, facts)]).toEqual([filter, true]);
    for (const filter of [{ recipient: SITI }, { agency: MOH }])
      expect([filter, matches(filter, event, facts)]).toEqual([filter, false]);
  }
  const older = at(1, refusedAtData(id, null));
  expect(matches({ sender: ALI }, older, messageFacts(older))).toBe(true);
  expect(matches({ recipient: AHMAD }, older, messageFacts(older))).toBe(false);
});

test('what is not known of a message does not fit', () => {
  expect(matches({ sender: ALI }, at(0, delivered(id)), null)).toBe(false);
  expect(matches({ recipient: SITI }, at(0, delivered(id)), null)).toBe(true);
});

test('mail that an older version kept as infected is found as a virus, and by the old word too', () => {
  const kept = at(0, { kind: 'quarantined', id, recipient: SITI, reason: 'virus' });
  for (const reason of ['virus', 'infected']) expect(matches({ reason }, kept, known)).toBe(true);
  expect(matches({ reason: 'spam' }, kept, known)).toBe(false);
});
