import { expect, test } from 'vitest';
import type { Verdict } from '../mail/verdict.ts';
import { decide, describeVerdict } from './decide.ts';

const verdict = (kind: Verdict['kind'], signature: string | null = null): Verdict => ({
  kind,
  signature,
  score: 7.25,
  junkScore: 6,
  symbols: ['SUBJ_ALL_CAPS', 'MANY_LINKS'],
});

const cases: [Verdict['kind'], unknown][] = [
  ['clean', { kind: 'deliver', folder: 'INBOX' }],
  ['junk', { kind: 'deliver', folder: 'Junk' }],
  ['spam', { kind: 'quarantine', reason: 'spam' }],
  ['infected', { kind: 'quarantine', reason: 'infected' }],
  ['unscannable', { kind: 'quarantine', reason: 'unscannable' }],
];

for (const [kind, expected] of cases) {
  test(`${kind} mail`, () => expect(decide(verdict(kind))).toEqual(expected));
}

test('the description is the signature, else the score', () => {
  expect(describeVerdict(verdict('infected', 'Eicar-Test-Signature'))).toBe('Eicar-Test-Signature');
  expect(describeVerdict(verdict('spam'))).toBe('score 7.3 of 6.0 SUBJ_ALL_CAPS MANY_LINKS');
});
