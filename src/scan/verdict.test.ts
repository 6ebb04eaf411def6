import { expect, test } from 'vitest';
import type { ScanResult } from '../mail/verdict.ts';
import { combine, type SpamAnswer, type VirusAnswer } from './verdict.ts';

const clean: VirusAnswer = { kind: 'clean' };
const found = (signature: string): VirusAnswer => ({ kind: 'found', signature });
const down = { kind: 'unavailable', detail: 'connect ENOENT' } as const;
const spam = (kind: 'clean' | 'junk' | 'spam'): SpamAnswer => ({
  kind,
  score: 7,
  junkScore: 6,
  symbols: ['A'],
});

const cases: [string, VirusAnswer, SpamAnswer, ScanResult['kind']][] = [
  ['nothing found by either is clean', clean, spam('clean'), 'clean'],
  ['the spam filter marks', clean, spam('junk'), 'junk'],
  ['the spam filter refuses', clean, spam('spam'), 'spam'],
  ['a virus beats a clean score', found('Eicar-Test-Signature'), spam('clean'), 'infected'],
  ['a virus beats spam', found('Eicar-Test-Signature'), spam('spam'), 'infected'],
  ['a virus is decided without the spam filter', found('Eicar-Test-Signature'), down, 'infected'],
  [
    'another heuristic finding is an infection',
    found('Heuristics.Phishing.Email'),
    spam('clean'),
    'infected',
  ],
  [
    'a name that only contains the words is one too',
    found('Win.Heuristics.Encrypted.Zip'),
    spam('clean'),
    'infected',
  ],
  [
    'an encrypted archive cannot be looked into',
    found('Heuristics.Encrypted.Zip'),
    spam('clean'),
    'unscannable',
  ],
  ['nor can an encrypted document', found('Heuristics.Encrypted.PDF'), spam('junk'), 'unscannable'],
  ['nor what exceeds a limit', found('Heuristics.Limits.Exceeded.MaxFileSize'), spam('spam'), 'unscannable'],
  [
    'what cannot be looked into waits for the spam filter',
    found('Heuristics.Encrypted.Zip'),
    down,
    'unavailable',
  ],
  ['without the virus scanner clean mail waits', down, spam('clean'), 'unavailable'],
  ['without the virus scanner spam waits too', down, spam('spam'), 'unavailable'],
  ['without the spam filter mail waits', clean, down, 'unavailable'],
  ['without both mail waits', down, down, 'unavailable'],
];

for (const [name, virus, filter, expected] of cases) {
  test(name, () => expect(combine(virus, filter).kind).toBe(expected));
}

test('a verdict carries signature, score and symbols', () => {
  expect(combine(found('Heuristics.Encrypted.Zip'), spam('junk'))).toEqual({
    kind: 'unscannable',
    signature: 'Heuristics.Encrypted.Zip',
    score: 7,
    junkScore: 6,
    symbols: ['A'],
  });
});

test('a failure names the scanner that is missing', () => {
  expect(combine(clean, down)).toEqual({ kind: 'unavailable', scanner: 'rspamd', detail: 'connect ENOENT' });
  expect(combine(down, down)).toEqual({ kind: 'unavailable', scanner: 'clamd', detail: 'connect ENOENT' });
});
