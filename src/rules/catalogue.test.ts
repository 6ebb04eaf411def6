import { expect, test } from 'vitest';
import { REASONS, type Reason } from '../mail/finding.ts';
import { formatReply } from '../mail/reply.ts';
import { DEFAULT_MODES, REASON_CATALOGUE, replyOf, weightOf } from './catalogue.ts';

const answer = (reason: Reason, detail: string): string =>
  formatReply(replyOf({ reason, detail, part: null }));

test('every reason is there once', () =>
  expect(Object.keys(REASON_CATALOGUE).sort()).toEqual([...REASONS].sort()));

test('a virus is the heaviest: it bars the release from quarantine', () =>
  expect(REASONS.toSorted((a, b) => weightOf(a) - weightOf(b))[0]).toBe('virus'));

const replies: [Reason, string, string][] = [
  [
    'attachment-size',
    '12.3 MB of 10 MB',
    '552 5.3.4 Lampiran berjumlah 12.3 MB, had 10 MB: guna Big Mail Transfer / Attachments are 12.3 MB in total, limit 10 MB: use Big Mail Transfer',
  ],
  ['virus', 'Eicar-Test-Signature', '554 5.7.1 Mel ditolak: virus dikesan / Message refused: virus found'],
  ['spam', 'score 20', '554 5.7.1 Mel ditolak: spam / Message refused: spam'],
];
test.each(replies)('%s is answered in both languages', (reason, detail, expected) =>
  expect(answer(reason, detail)).toBe(expected),
);

test.each([
  ['external-storage', '550 5.7.1'],
  ['short-link', '550 5.7.1'],
  ['structure', '550 5.6.0'],
  ['too-complex', '550 5.6.0'],
  ['dangerous-attachment', '554 5.7.1'],
] as const)('%s is %s and names the thing', (reason, code) => {
  const { lines } = replyOf({ reason, detail: 'hxxps://www[.]dropbox[.]com/s/a', part: '1' });
  expect(answer(reason, 'x')).toMatch(new RegExp(`^${code} `));
  expect(lines).toHaveLength(2);
  for (const line of lines) expect(line).toContain('hxxps://www[.]dropbox[.]com/s/a');
});

test('nothing of a message makes a reply long, foreign or of more lines', () => {
  for (const reason of REASONS) {
    const { lines } = replyOf({ reason, detail: `é\r\n250 OK \u202e${'x'.repeat(1000)}`, part: null });
    for (const line of lines) {
      expect(line).toMatch(/^[\x20-\x7e]+$/);
      // RFC 5321 §4.5.3.1.5: 512 octets with code and line end.
      expect(line.length).toBeLessThan(300);
    }
  }
});

test('the defaults are those of the guideline: nothing that it forbids is delivered', () => {
  for (const reason of ['attachment-size', 'external-storage', 'virus', 'dangerous-attachment'] as const)
    expect(DEFAULT_MODES[reason]).toEqual({ in: 'refuse', out: 'refuse', within: 'refuse' });
  expect(DEFAULT_MODES.spam).toEqual({ in: 'refuse', out: 'quarantine', within: 'quarantine' });
});

test('texts for people are there in full, clause included', () => {
  for (const { malay, english, meaning, remedy, clause } of Object.values(REASON_CATALOGUE)) {
    expect(clause).toMatch(/^PTPA 3\/2017 L1 §(10|3)\([ivx]+\)(\(e\))?$/);
    for (const text of [malay, english, meaning, remedy]) expect(text).toMatch(/\S{3}/);
    expect(malay).not.toMatch(/\.$/);
    expect(meaning).toMatch(/\.$/);
  }
});
