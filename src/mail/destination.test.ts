import { describe, expect, test } from 'vitest';
import { destinationOf, isUnproven } from './destination.ts';
import type { Verdict } from './verdict.ts';

const verdict = (kind: Verdict['kind'], symbols: readonly string[] = []): Verdict => ({
  kind,
  signature: null,
  score: 7,
  junkScore: 6,
  symbols,
});

const INBOX = { kind: 'deliver', folder: 'INBOX' };
const JUNK = { kind: 'deliver', folder: 'Junk' };
const kept = (reason: string) => ({ kind: 'quarantine', reason });

const cases: [Verdict['kind'], unknown][] = [
  ['clean', INBOX],
  ['junk', JUNK],
  ['spam', kept('spam')],
  ['infected', kept('infected')],
  ['unscannable', kept('unscannable')],
];
for (const [kind, expected] of cases) {
  test(`${kind} mail`, () =>
    expect(destinationOf(verdict(kind), { claimsOurDomain: false })).toEqual(expected));
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
    ['stays infected when it is infected', 'infected', ['DMARC_POLICY_ALLOW'], kept('infected')],
    ['stays unscannable when it is that', 'unscannable', [], kept('unscannable')],
  ];
  for (const [name, kind, symbols, expected] of claims) {
    test(name, () =>
      expect(destinationOf(verdict(kind, symbols), { claimsOurDomain: true })).toEqual(expected),
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
    ['infected', false, kept('infected')],
    ['infected', true, INBOX],
    ['spam', true, INBOX],
  ];
  for (const [kind, force, expected] of released) {
    for (const claimsOurDomain of [false, true]) {
      test(`${kind}${force ? ', by force' : ''}, ${claimsOurDomain ? 'claiming to be ours' : 'no claim'}`, () => {
        const release = { by: 'root', force };
        expect(destinationOf(verdict(kind), { claimsOurDomain, release })).toEqual(expected);
      });
    }
  }
});
