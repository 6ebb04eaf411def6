import { expect, test } from 'vitest';
import { envelope } from '../../test/support/messages.ts';
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
