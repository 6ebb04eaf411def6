import { expect, test } from 'vitest';
import { address, envelope, recipient, verdict } from '../../test/support/messages.ts';
import { BadField } from '../lib/fields.ts';
import { asQuarantineReason, asVerdict, encodeEnvelope, parseEnvelope } from './json.ts';

const CONTENT = Buffer.from('Subject: x\r\n\r\n');

test.each([true, false])(
  'an envelope is read back as it was written (claimsOurDomain %s)',
  (claimsOurDomain) => {
    const message = envelope(['ali@moh.example'], CONTENT, { claimsOurDomain });
    expect(parseEnvelope(encodeEnvelope(message))).toEqual(message);
  },
);

test('an envelope of an older spool, which says nothing of a claim, makes none', () => {
  const { claimsOurDomain: _, ...older } = envelope(['ali@moh.example'], CONTENT);
  expect(parseEnvelope(Buffer.from(JSON.stringify(older)))).toEqual({ ...older, claimsOurDomain: false });
});

test('a claim that is neither true nor false is no envelope', () => {
  const torn = { ...envelope(['ali@moh.example'], CONTENT), claimsOurDomain: 'yes' };
  expect(() => parseEnvelope(Buffer.from(JSON.stringify(torn)))).toThrow(BadField);
});

test('what an envelope need not say is read back when it does, and not made up when it does not', () => {
  const plain = envelope(['ali@moh.example', 'siti@moh.example'], CONTENT);
  const [ali, siti] = plain.recipients;
  if (!ali || !siti) throw new Error('no recipients');
  const original = address('postmaster@moh.example');
  const finding = { reason: 'sealed', detail: 'S/MIME', part: '2!letter.p7m', action: 'observe' };
  const full = {
    ...plain,
    recipients: [ali, { ...siti, original }],
    inspection: { findings: [finding], unopened: true, agencies: ['moh'] },
    release: { by: 'root', force: true },
  };
  expect(parseEnvelope(Buffer.from(JSON.stringify(full)))).toStrictEqual(full);
  expect(parseEnvelope(encodeEnvelope(plain))).toStrictEqual(plain);
});

test.each<[string, object]>([
  ['a release by nobody', { release: { force: true } }],
  ['a release that is perhaps forced', { release: { by: 'root', force: 1 } }],
  ['a release that is null', { release: null }],
  ['an inspection that says not whether it is whole', { inspection: { findings: [], agencies: [] } }],
  [
    'a finding of no reason that we know',
    {
      inspection: {
        findings: [{ reason: 'x', detail: '', part: null, action: 'tag' }],
        unopened: false,
        agencies: [],
      },
    },
  ],
  ['an original that is no address', { recipients: [{ ...recipient('a@moh.example'), original: 'x' }] }],
])('%s is no envelope', (_, changes) => {
  const torn = { ...envelope(['ali@moh.example'], CONTENT), ...changes };
  expect(() => parseEnvelope(Buffer.from(JSON.stringify(torn)))).toThrow(BadField);
});

test('a verdict is read back as it was written; an older one gets the action and the findings that it meant', () => {
  for (const kind of ['clean', 'junk', 'spam', 'infected', 'unscannable'] as const) {
    const whole = verdict(kind);
    expect(asVerdict(JSON.parse(JSON.stringify(whole)), 'verdict')).toStrictEqual(whole);
    const { action: _, findings: __, ...older } = whole;
    expect(asVerdict(older, 'verdict')).toStrictEqual(whole);
    expect(() => asVerdict({ ...older, findings: [] }, 'verdict')).toThrow(BadField);
  }
});

test('mail that was kept as "infected" is kept for a virus', () => {
  expect(asQuarantineReason('infected', 'reason')).toBe('virus');
  expect(asQuarantineReason('undeliverable', 'reason')).toBe('undeliverable');
  expect(() => asQuarantineReason('toString', 'reason')).toThrow(BadField);
});
