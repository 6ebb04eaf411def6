import { expect, test } from 'vitest';
import { BadField } from '../lib/fields.ts';
import type { Finding } from './finding.ts';
import { asFinding } from './finding-json.ts';

const finding: Finding = { reason: 'virus', detail: 'Eicar', part: '2!a.zip', action: 'refuse' };

test('a finding comes back as it was, without what does not belong to it', () => {
  const read = (value: object): Finding => asFinding(JSON.parse(JSON.stringify(value)), 'f');
  expect(read({ ...finding, extra: 1 })).toEqual(finding);
  expect(read({ ...finding, part: null })).toEqual({ ...finding, part: null });
});

test('long texts are cut', () => {
  const read = asFinding({ ...finding, detail: 'x'.repeat(9999), part: 'y'.repeat(9999) }, 'f');
  expect([read.detail.length, read.part?.length]).toEqual([300, 1000]);
});

const wrong: [string, unknown, RegExp][] = [
  ['no object', 'virus', /^f: /],
  ['an unknown reason', { ...finding, reason: 'rain' }, /^f\.reason: /],
  ['an unknown action', { ...finding, action: 'deliver' }, /^f\.action: /],
  ['a detail that is no text', { ...finding, detail: 5 }, /^f\.detail: /],
  ['no part', { reason: 'virus', detail: 'x', action: 'refuse' }, /^f\.part: /],
];
test.each(wrong)('%s is refused', (_, value, message) => {
  expect(() => asFinding(value, 'f')).toThrow(BadField);
  expect(() => asFinding(value, 'f')).toThrow(message);
});
