import { expect, test } from 'vitest';
import { address, verdict } from '../../test/support/messages.ts';
import type { FinalOutcome } from '../mail/outcome.ts';
import type { Verdict } from '../mail/verdict.ts';
import { route } from './route.ts';

const OUTSIDE = { claimsOurDomain: false, login: null, sender: address('ali@partner.example') };
const DONE: FinalOutcome = { kind: 'delivered', folder: 'INBOX', reply: '250 ok' };
const waiting = (text: string, nextTryAt = 0, outcome: FinalOutcome | null = null, attempts = 0) => ({
  address: address(text),
  outcome,
  attempts,
  nextTryAt,
});

test('mail without verdict goes back to the scan', () => {
  expect(route(null, OUTSIDE, [waiting('a@moh.example')], 1)).toEqual({ kind: 'scan' });
});

for (const kind of ['spam', 'infected', 'unscannable'] as const) {
  test(`${kind} mail is never delivered`, () => {
    expect(route(verdict(kind), OUTSIDE, [waiting('a@moh.example')], 1)).toEqual({ kind: 'scan' });
  });
}

const mailboxes: [string, 'clean' | 'junk', string, string][] = [
  ['clean mail to the address', 'clean', 'ali@moh.example', 'ali@moh.example'],
  ['clean mail with a detail keeps it', 'clean', 'ali+Projek@moh.example', 'ali+Projek@moh.example'],
  ['junk to the Junk folder', 'junk', 'ali@moh.example', 'ali+Junk@moh.example'],
  ['junk with a detail to the Junk folder too', 'junk', 'ali+Projek@moh.example', 'ali+Junk@moh.example'],
];
for (const [name, kind, to, mailbox] of mailboxes) {
  test(name, () =>
    expect(route(verdict(kind), OUTSIDE, [waiting(to)], 1)).toMatchObject({ due: [{ mailbox }] }),
  );
}

test('P4: clean mail that claims without proof to be ours goes to the Junk folder', () => {
  expect(
    route(verdict('clean'), { ...OUTSIDE, claimsOurDomain: true }, [waiting('ali@moh.example')], 1),
  ).toMatchObject({
    due: [{ mailbox: 'ali+Junk@moh.example', folder: 'Junk' }],
  });
});

test('only those that wait and are due are served, each with its own attempt', () => {
  const plan = route(
    verdict('clean'),
    OUTSIDE,
    [
      waiting('done@moh.example', 0, DONE),
      waiting('later@moh.example', 2_000),
      waiting('again@moh.example', 1_000, null, 3),
      waiting('first@moh.example'),
    ],
    1_000,
  );
  expect(plan).toMatchObject({
    kind: 'deliver',
    due: [
      { recipient: 'again@moh.example', attempt: 4 },
      { recipient: 'first@moh.example', attempt: 1 },
    ],
  });
});

test('with nobody due it waits for the first who will be', () => {
  const later = [
    waiting('a@moh.example', 9_000),
    waiting('b@moh.example', 5_000),
    waiting('c@moh.example', 0, DONE),
  ];
  expect(route(verdict('clean'), OUTSIDE, later, 1_000)).toEqual({ kind: 'wait', at: 5_000 });
});

test('released mail goes to the mailbox itself, infected mail only by force', () => {
  const released = (kind: Verdict['kind'], force: boolean) => {
    const envelope = { ...OUTSIDE, claimsOurDomain: true, release: { by: 'root', force } };
    return route(verdict(kind), envelope, [waiting('ali@moh.example')], 1);
  };
  const inbox = { kind: 'deliver', due: [{ mailbox: 'ali@moh.example', folder: 'INBOX' }] };
  expect(released('spam', false)).toMatchObject(inbox);
  expect(released('infected', true)).toMatchObject(inbox);
  expect(released('infected', false)).toEqual({ kind: 'scan' });
});
