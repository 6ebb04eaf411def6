import { expect, test } from 'vitest';
import { address, envelope, recipient } from '../../test/support/messages.ts';
import { BadField } from '../lib/fields.ts';
import { encodeEnvelope, parseEnvelope } from './json.ts';

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
  const full = { ...plain, recipients: [ali, { ...siti, original }], release: { by: 'root', force: true } };
  expect(parseEnvelope(encodeEnvelope(full))).toStrictEqual(full);
  expect(parseEnvelope(encodeEnvelope(plain))).toStrictEqual(plain);
});

test.each<[string, object]>([
  ['a release by nobody', { release: { force: true } }],
  ['a release that is perhaps forced', { release: { by: 'root', force: 1 } }],
  ['a release that is null', { release: null }],
  ['an original that is no address', { recipients: [{ ...recipient('a@moh.example'), original: 'x' }] }],
])('%s is no envelope', (_, changes) => {
  const torn = { ...envelope(['ali@moh.example'], CONTENT), ...changes };
  expect(() => parseEnvelope(Buffer.from(JSON.stringify(torn)))).toThrow(BadField);
});
