import { describe, expect, test } from 'vitest';
import { submittedBy, verdict as verdictOf } from '../../test/support/messages.ts';
import { destinationOf, isUnproven } from './destination.ts';
import type { Finding, Reason } from './finding.ts';
import type { Verdict } from './verdict.ts';

const verdict = (kind: Verdict['kind'], symbols: readonly string[] = []): Verdict =>
  verdictOf(kind, { symbols });
const OUTSIDE = { login: null, sender: null, claimsOurDomain: false };

const INBOX = { kind: 'deliver', folder: 'INBOX' };
const JUNK = { kind: 'deliver', folder: 'Junk' };
const kept = (reason: string) => ({ kind: 'quarantine', reason });

const cases: [Verdict['kind'], unknown][] = [
  ['clean', INBOX],
  ['junk', JUNK],
  ['spam', kept('spam')],
  ['infected', kept('virus')],
  ['unscannable', kept('unscannable')],
];
for (const [kind, expected] of cases) {
  test(`${kind} mail`, () => expect(destinationOf(verdict(kind), OUTSIDE)).toEqual(expected));
}

describe('P4: mail from outside whose From names our domain', () => {
  const claims: [string, Verdict['kind'], string[], unknown][] = [
    ['without any proof goes to Junk', 'clean', [], JUNK],
    ['with a DMARC pass goes to the mailbox', 'clean', ['BAYES_HAM', 'DMARC_POLICY_ALLOW'], INBOX],
    ['with a DMARC pass in spite of SPF too', 'clean', ['DMARC_POLICY_ALLOW_WITH_FAILURES'], INBOX],
    ['with a signature of somebody does not', 'clean', ['R_DKIM_ALLOW', 'R_SPF_ALLOW'], JUNK],
    ['with a DMARC failure does not', 'clean', ['DMARC_POLICY_SOFTFAIL'], JUNK],
    ['with a name that only begins alike does not', 'clean', ['DMARC_POLICY_ALLOWED'], JUNK],
    ['stays junk when it is junk', 'junk', ['DMARC_POLICY_ALLOW'], JUNK],
    ['stays spam when it is spam', 'spam', [], kept('spam')],
    ['stays infected when it is infected', 'infected', ['DMARC_POLICY_ALLOW'], kept('virus')],
    ['stays unscannable when it is that', 'unscannable', [], kept('unscannable')],
  ];
  for (const [name, kind, symbols, expected] of claims) {
    test(name, () =>
      expect(destinationOf(verdict(kind, symbols), { ...OUTSIDE, claimsOurDomain: true })).toEqual(expected),
    );
  }

  test('is unproven only as long as it claims to be ours and DMARC does not pass', () => {
    expect(isUnproven(verdict('clean'), true)).toBe(true);
    expect(isUnproven(verdict('junk'), true)).toBe(true);
    expect(isUnproven(verdict('clean', ['DMARC_POLICY_ALLOW']), true)).toBe(false);
    expect(isUnproven(verdict('clean'), false)).toBe(false);
  });
});

describe('P3: mail that was released from quarantine and scanned again', () => {
  const released: [Verdict['kind'], boolean, unknown][] = [
    ['clean', false, INBOX],
    ['junk', false, INBOX],
    ['spam', false, INBOX],
    ['unscannable', false, INBOX],
    ['infected', false, kept('virus')],
    ['infected', true, INBOX],
    ['spam', true, INBOX],
  ];
  for (const [kind, force, expected] of released) {
    for (const claimsOurDomain of [false, true]) {
      test(`${kind}${force ? ', by force' : ''}, ${claimsOurDomain ? 'claiming to be ours' : 'no claim'}`, () => {
        const release = { by: 'root', force };
        expect(destinationOf(verdict(kind), { ...OUTSIDE, claimsOurDomain, release })).toEqual(expected);
      });
    }
  }
});

describe('what was found decides, with the heaviest of the strongest', () => {
  const finding = (reason: Reason, action: Finding['action']): Finding => ({
    reason,
    detail: reason,
    part: null,
    action,
  });
  const found = (action: Verdict['action'], ...findings: Finding[]): Verdict =>
    verdictOf('clean', { action, findings });
  const link = finding('external-storage', 'refuse');
  const OURS = { ...OUTSIDE, ...submittedBy('ali@moh.example') };
  const SENDER = { login: OURS.login ?? null, sender: OURS.sender ?? null, claimsOurDomain: false };

  test('marked and noted mail goes to the mailbox', () => {
    const verdict = found('deliver', finding('short-link', 'tag'), finding('sealed', 'observe'));
    expect(destinationOf(verdict, OUTSIDE)).toEqual(INBOX);
  });
  test('mail is kept for what keeps it, not for what is only noted', () => {
    const verdict = found(
      'quarantine',
      finding('encrypted-archive', 'quarantine'),
      finding('short-link', 'observe'),
    );
    expect(destinationOf(verdict, OUTSIDE)).toEqual(kept('encrypted-archive'));
    expect(destinationOf(verdict, SENDER)).toEqual(kept('encrypted-archive'));
  });
  test('P5: what is refused too late is kept when it is from outside, and tells one of ours', () => {
    expect(destinationOf(found('refuse', link), OUTSIDE)).toEqual(kept('external-storage'));
    expect(destinationOf(found('refuse', link), SENDER)).toEqual({
      kind: 'bounce',
      finding: link,
      to: SENDER.login,
    });
    expect(destinationOf(found('refuse', link), { ...SENDER, sender: null })).toEqual(
      kept('external-storage'),
    );
  });
  test('spam of one of ours tells nobody who may have stolen the password', () => {
    const spam = finding('spam', 'refuse');
    expect(destinationOf(found('refuse', spam, link), SENDER)).toEqual(kept('spam'));
  });
  test('junk of one of ours that is only noted goes to the mailbox', () => {
    expect(destinationOf({ ...verdict('junk'), action: 'deliver' }, SENDER)).toEqual(INBOX);
  });
});
