import { expect, test } from 'vitest';
import { parseSpamReply } from './rspamd-answer.ts';

const answer = (changes: object): string =>
  JSON.stringify({
    is_skipped: false,
    score: 1.5,
    required_score: 15,
    action: 'no action',
    thresholds: { reject: 15, 'add header': 6, greylist: 4 },
    symbols: {},
    ...changes,
  });

const cases: [string, number, string, string][] = [
  ['no action is clean', 200, answer({}), 'clean'],
  ['greylist is clean: we have no grey list', 200, answer({ action: 'greylist' }), 'clean'],
  ['add header is junk', 200, answer({ action: 'add header' }), 'junk'],
  ['rewrite subject is junk', 200, answer({ action: 'rewrite subject' }), 'junk'],
  ['reject is spam', 200, answer({ action: 'reject' }), 'spam'],
  ['soft reject waits', 200, answer({ action: 'soft reject' }), 'unavailable'],
  ['an unknown action waits', 200, answer({ action: 'discard' }), 'unavailable'],
  ['an action named like a method waits', 200, answer({ action: 'toString' }), 'unavailable'],
  ['no action named waits', 200, answer({ action: undefined }), 'unavailable'],
  ['an action that is no text waits', 200, answer({ action: ['no action'] }), 'unavailable'],
  ['a skipped message waits', 200, answer({ is_skipped: true }), 'unavailable'],
  ['a refusal at first sight is spam', 200, answer({ is_skipped: true, action: 'reject' }), 'spam'],
  ['a score that is no number waits', 200, answer({ score: '1' }), 'unavailable'],
  ['no threshold at all waits', 200, answer({ thresholds: {}, required_score: null }), 'unavailable'],
  ['an error status waits', 500, answer({}), 'unavailable'],
  ['text that is no JSON waits', 200, '{"action":"no act', 'unavailable'],
  ['an empty answer waits', 200, '', 'unavailable'],
  ['an array waits', 200, '[]', 'unavailable'],
  ['null waits', 200, 'null', 'unavailable'],
];

for (const [name, status, body, kind] of cases) {
  test(name, () => expect(parseSpamReply(status, body).kind).toBe(kind));
}

test('symbols that weighed something are listed, heaviest first', () => {
  const symbols = {
    LIGHT: { score: 0.1 },
    NOTHING: { score: 0 },
    GOOD: { score: -3 },
    HEAVY: { score: 5 },
    'a\r\nb': { score: 9 },
    ODD: null,
  };
  expect(parseSpamReply(200, answer({ symbols }))).toMatchObject({ symbols: ['HEAVY', 'GOOD', 'LIGHT'] });
});

test('at most 30 symbols are kept', () => {
  const symbols = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`S${i}`, { score: i + 1 }]));
  expect(parseSpamReply(200, answer({ symbols }))).toHaveProperty('symbols.length', 30);
});

test('the junk threshold is the lowest that marks, or the refusing one', () => {
  expect(parseSpamReply(200, answer({}))).toMatchObject({ junkScore: 6 });
  expect(parseSpamReply(200, answer({ thresholds: { 'add header': null } }))).toMatchObject({
    junkScore: 15,
  });
  const old = { thresholds: undefined, messages: { 'add header': '6' } };
  expect(parseSpamReply(200, answer(old))).toMatchObject({ junkScore: 6 });
});

const thresholds: readonly [string, object, { junk: number | null; spam: number | null }, string][] = [
  ['below both is clean', { score: 3.9, action: 'no action' }, { junk: 4, spam: 8 }, 'clean'],
  ['from the first it is junk', { score: 4, action: 'no action' }, { junk: 4, spam: 8 }, 'junk'],
  ['from the second it is spam', { score: 8, action: 'add header' }, { junk: 4, spam: 8 }, 'spam'],
  ['what rspamd refuses passes below ours', { score: 16, action: 'reject' }, { junk: 10, spam: 20 }, 'junk'],
  [
    'what it refuses whatever the score is spam',
    { score: 0, action: 'reject' },
    { junk: 10, spam: 20 },
    'spam',
  ],
  ['only junk of ours', { score: 16, action: 'reject' }, { junk: 3, spam: null }, 'spam'],
  ['only spam of ours', { score: 7, action: 'add header' }, { junk: null, spam: 20 }, 'junk'],
];

test.each(thresholds)('with thresholds of ours: %s', (_name, changes, ours, kind) => {
  expect(parseSpamReply(200, answer(changes), ours).kind).toBe(kind);
});
