import { expect, test } from 'vitest';
import type { Action, Found } from '../mail/finding.ts';
import type { ScanResult } from '../mail/verdict.ts';
import { DEFAULT_MODES } from '../rules/catalogue.ts';
import {
  type ContentAnswer,
  combine,
  type Rules,
  type SpamAnswer,
  unscannableInTime,
  type VirusAnswer,
} from './verdict.ts';

const IN: Rules = { direction: 'in', modes: DEFAULT_MODES, door: [] };
const seen = (...found: Found[]): ContentAnswer => ({ kind: 'seen', found });

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
  test(name, () => expect(combine(virus, filter, seen(), IN).kind).toBe(expected));
}

test('a verdict carries signature, score, symbols and the findings that decide it', () => {
  expect(combine(found('Heuristics.Encrypted.Zip'), spam('junk'), seen(), IN)).toEqual({
    action: 'quarantine',
    findings: [
      { reason: 'unscannable', detail: 'Heuristics.Encrypted.Zip', part: null, action: 'quarantine' },
      { reason: 'junk', detail: 'score 7.0 of 6.0 A', part: null, action: 'junk' },
    ],
    kind: 'unscannable',
    signature: 'Heuristics.Encrypted.Zip',
    score: 7,
    junkScore: 6,
    symbols: ['A'],
  });
});

test('a failure names the scanner that is missing', () => {
  const failure = (scanner: string) => ({ kind: 'unavailable', scanner, detail: 'connect ENOENT' });
  expect(combine(clean, down, seen(), IN)).toEqual(failure('rspamd'));
  expect(combine(down, down, down, IN)).toEqual(failure('clamd'));
  expect(combine(clean, spam('clean'), down, IN)).toEqual(failure('content'));
});

const link: Found = { reason: 'external-storage', detail: 'hxxps://we[.]tl/x', part: '2!a.docx' };
const short: Found = { reason: 'short-link', detail: 'hxxps://bit[.]ly/x', part: '1' };

test('what the door saw and what the opened content shows are judged together, each once', () => {
  const verdict = combine(clean, spam('clean'), seen(link, short), { ...IN, door: [short] });
  expect(verdict).toMatchObject({
    kind: 'clean',
    action: 'refuse',
    findings: [
      { ...link, action: 'refuse' },
      { ...short, action: 'observe' },
    ],
  });
  expect(verdict).toHaveProperty('findings.length', 2);
});

test('a virus is decided without the others, with what is known of them', () => {
  const verdict = combine(found('Eicar'), down, down, { ...IN, door: [short] });
  expect(verdict).toMatchObject({ kind: 'infected', action: 'refuse', score: 0, junkScore: 0, symbols: [] });
  expect(verdict).toMatchObject({ findings: [{ reason: 'virus' }, { reason: 'short-link' }] });
});

const directions: [string, Rules['direction'], SpamAnswer, string][] = [
  ['spam from outside is refused', 'in', spam('spam'), 'refuse'],
  ['spam of one of ours is kept', 'out', spam('spam'), 'quarantine'],
  ['junk from outside goes to Junk', 'in', spam('junk'), 'junk'],
  ['junk of one of ours is only noted', 'within', spam('junk'), 'deliver'],
];
for (const [name, direction, filter, action] of directions) {
  test(name, () => expect(combine(clean, filter, seen(), { ...IN, direction })).toMatchObject({ action }));
}

const WEAK: readonly (Action | null)[] = [null, 'observe', 'tag', 'junk', 'quarantine'];
test.each(WEAK)(
  'P3: with the mode %s a virus, and what cannot be looked into, is kept all the same',
  (mode) => {
    const weak = { in: mode, out: mode, within: mode };
    const rules: Rules = { ...IN, modes: { ...DEFAULT_MODES, virus: weak, unscannable: weak } };
    for (const signature of ['Eicar', 'Heuristics.Encrypted.Zip']) {
      expect(combine(found(signature), spam('clean'), seen(), rules)).toMatchObject({ action: 'quarantine' });
    }
    expect(unscannableInTime('clamd', rules)).toMatchObject({ kind: 'unscannable', action: 'quarantine' });
  },
);

test('P3: no mode makes up for a scanner that is missing', () => {
  const off = { in: null, out: null, within: null };
  const modes = { ...DEFAULT_MODES, virus: off, unscannable: off, spam: off, junk: off };
  expect(combine(down, spam('clean'), seen(), { ...IN, modes }).kind).toBe('unavailable');
  expect(combine(clean, down, seen(), { ...IN, modes }).kind).toBe('unavailable');
});

test('there are at most thirty findings, the heaviest', () => {
  const many = Array.from({ length: 60 }, (_, part): Found => ({ ...short, part: `${part}` }));
  const verdict = combine(clean, spam('clean'), seen(...many, link), IN);
  expect(verdict).toMatchObject({ action: 'refuse', findings: { length: 30, 0: link } });
});
