import { expect, test } from 'vitest';
import { recipient, verdict as verdictOf } from '../../test/support/messages.ts';
import type { Reason } from '../mail/finding.ts';
import type { Verdict } from '../mail/verdict.ts';
import { authenticationResults } from './authentication-results.ts';
import { traceHeaders } from './trace-headers.ts';

const verdict = (kind: Verdict['kind'], symbols: string[] = []): Verdict =>
  verdictOf(kind, { score: 7.14, symbols });
const facts = { hostname: 'mail.moh.example', door: 'mx', login: null, claimsOurDomain: false } as const;
const lines = (value: Verdict, changes: object = {}) =>
  traceHeaders({ ...facts, verdict: value, ...changes }).toString('latin1');

test('junk is marked', () => {
  expect(lines(verdict('junk', ['SUBJ_ALL_CAPS', 'R_SPF_FAIL']))).toBe(
    [
      'X-Spam: Yes',
      'X-Spam-Status: Yes, score=7.1 required=6.0',
      'X-Spam-Tests: SUBJ_ALL_CAPS, R_SPF_FAIL',
      'X-Spam-Score: 7.1',
      'Authentication-Results: mail.moh.example; spf=fail',
      '',
    ].join('\r\n'),
  );
});

test('clean mail carries its score and no mark', () => {
  const text = lines(verdict('clean'));
  expect(text).toContain('X-Spam-Status: No, score=7.1 required=6.0\r\n');
  expect(text).not.toContain('X-Spam: Yes');
  expect(text).toContain('Authentication-Results: mail.moh.example; none\r\n');
});

test('P4: mail that claims without proof to be ours says so', () => {
  const note = 'X-Geganti-Note: From names our domain, and nothing proves it\r\n';
  expect(lines(verdict('clean'), { claimsOurDomain: true })).toContain(note);
  expect(lines(verdict('clean', ['DMARC_POLICY_ALLOW']), { claimsOurDomain: true })).not.toContain('Note');
  expect(lines(verdict('clean'))).not.toContain('Note');
});

test('what the settings mark is said once for each reason, what they only note is not', () => {
  const finding = (reason: Reason, action: 'tag' | 'observe') => ({
    reason,
    detail: 'x',
    part: null,
    action,
  });
  const findings = [finding('short-link', 'tag'), finding('short-link', 'tag'), finding('sealed', 'observe')];
  const text = lines(verdictOf('clean', { findings }));
  expect(text.match(/^X-Geganti-Policy: .*$/gm)).toEqual(['X-Geganti-Policy: short-link']);
});

test('what the spam filter finds suspicious and the settings do not mark is not marked', () => {
  const text = lines({ ...verdict('junk'), action: 'deliver' });
  expect(text).not.toContain('X-Spam: Yes');
  expect(text).toContain('X-Spam-Status: No, score=7.1 required=6.0\r\n');
});

test('long lists are folded', () => {
  const symbols = Array.from({ length: 30 }, (_, i) => `A_RATHER_LONG_SYMBOL_NAME_${i}`);
  const text = lines(verdict('junk', symbols));
  for (const line of text.split('\r\n')) expect(line.length).toBeLessThanOrEqual(76);
  const unfolded = text.replaceAll('\r\n ', ' ');
  expect(unfolded).toContain(`X-Spam-Tests: ${symbols.join(', ')}\r\n`);
});

test('of our own messages nothing is said', () => {
  expect(lines(verdict('clean'), { door: 'internal' })).toBe('');
});

test('released mail says that it was, what is wrong with it, and nothing that files it as spam', () => {
  const released = (kind: Verdict['kind']) =>
    lines(verdict(kind, ['R_SPF_FAIL']), { door: 'internal', release: { by: 'root', force: true } });
  const note = 'X-Geganti-Note: Released from quarantine by an administrator';
  for (const kind of ['clean', 'junk', 'spam'] as const) expect(released(kind)).toBe(`${note}\r\n`);
  expect(released('infected')).toBe(`${note}; it holds a virus\r\n`);
  expect(released('unscannable')).toBe(`${note}; it was not scanned\r\n`);
});

const results: [string, string[], string[]][] = [
  [
    'all three',
    ['DMARC_POLICY_ALLOW', 'R_DKIM_ALLOW', 'R_SPF_ALLOW'],
    ['spf=pass', 'dkim=pass', 'dmarc=pass'],
  ],
  [
    'failures',
    ['DMARC_POLICY_REJECT', 'R_DKIM_REJECT', 'R_SPF_SOFTFAIL'],
    ['spf=softfail', 'dkim=fail', 'dmarc=fail'],
  ],
  ['only what was checked', ['R_DKIM_TEMPFAIL', 'OTHER'], ['dkim=temperror']],
  ['nothing', ['toString'], ['none']],
];
for (const [name, symbols, expected] of results) {
  test(`results: ${name}`, () => expect(authenticationResults(null, symbols)).toEqual(expected));
}

test('a login is the result for our own users', () => {
  expect(authenticationResults(recipient('ali@moh.example'), ['R_SPF_FAIL'])).toEqual([
    'auth=pass smtp.auth=ali@moh.example',
  ]);
});
