import { expect, test } from 'vitest';
import { verdict } from '../../test/support/messages.ts';
import type { Finding } from '../mail/finding.ts';
import { describeVerdict } from './describe.ts';

const link: Finding = {
  reason: 'external-storage',
  detail: 'hxxps://we[.]tl/x',
  part: '2',
  action: 'refuse',
};

test('the description is what decided, and a virus by its name', () => {
  expect(describeVerdict(verdict('infected', { findings: [link] }))).toBe('Eicar');
  expect(describeVerdict(verdict('clean', { action: 'refuse', findings: [link] }))).toBe('hxxps://we[.]tl/x');
  const noted: Finding = { ...link, action: 'observe' };
  expect(describeVerdict(verdict('clean', { findings: [noted] }))).toBe('clean');
});
