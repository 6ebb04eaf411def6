import { expect, test } from 'vitest';
import type { Verdict } from '../mail/verdict.ts';
import { describeVerdict } from './describe.ts';

const verdict = (kind: Verdict['kind'], signature: string | null = null): Verdict => ({
  kind,
  signature,
  score: 7.25,
  junkScore: 6,
  symbols: ['SUBJ_ALL_CAPS', 'MANY_LINKS'],
});

test('the description is the signature, else the score', () => {
  expect(describeVerdict(verdict('infected', 'Eicar-Test-Signature'))).toBe('Eicar-Test-Signature');
  expect(describeVerdict(verdict('spam'))).toBe('score 7.3 of 6.0 SUBJ_ALL_CAPS MANY_LINKS');
});
