import { expect, test } from 'vitest';
import { address } from '../../test/support/messages.ts';
import { buildLinkNotice, buildSpamNotice, type KeptNotice } from './kept-notice.ts';
import { parseMessageId } from './message-id.ts';

const known = (text: string) => parseMessageId(text) ?? never(text);

const facts: KeptNotice = {
  id: known('m1kfq3x8z0a7c2d4e7'),
  about: known('m1kfq3x8z0a7c2d4e6'),
  hostname: 'mail.moh.example',
  timezone: 'Asia/Kuala_Lumpur',
  now: Date.UTC(2026, 10, 24, 1),
  receivedAt: Date.UTC(2026, 10, 24),
  detail: 'hxxps://we[.]tl/x',
};
const link = (changes: Partial<KeptNotice> = {}) =>
  buildLinkNotice({ ...facts, sender: address('ali@partner.example'), ...changes }).toString('latin1');
const spam = (changes: Partial<KeptNotice> = {}) =>
  buildSpamNotice({
    ...{ ...facts, ...changes },
    to: address('postmaster@moh.example'),
    account: address('ali@moh.example'),
    client: '192.0.2.9',
    recipients: 12,
  }).toString('latin1');

test.each([
  ['link', link],
  ['spam', spam],
])('the notice of a %s is seven-bit lines, whatever a stranger wrote', (_, build) => {
  const evil = build({ detail: `x\r\nBcc: a@b.example\r\n\r\n\x1b[2J\xe9${'y'.repeat(2_000)}` });
  expect(evil).toMatch(/^(?:[\x20-\x7e]{0,998}\r\n)+$/);
  expect(evil).not.toMatch(/^Bcc:/m);
  const [header = '', text = ''] = build().split('\r\n\r\n', 2);
  expect(header).toContain('\r\nAuto-Submitted: auto-generated\r\n');
  for (const line of text.split('\r\n')) expect(line.length).toBeLessThanOrEqual(80);
});

test('who is not to get a link reads what, from whom, when, and how it may be had, in both languages', () => {
  expect(link()).toMatchSnapshot();
});

test('an address that is written like a link cannot be clicked', () => {
  const text = buildLinkNotice({ ...facts, sender: address('www.bad.example/x@partner.example') }).toString();
  expect(text).toContain('www[.]bad[.]example/x@partner.example');
  expect(text).not.toContain('www.bad.example');
});

test('the administrators read whose account it is, from where, and what to do first, in both languages', () => {
  expect(spam()).toMatchSnapshot();
});

function never(text: string): never {
  throw new Error(`no message id: ${text}`);
}
