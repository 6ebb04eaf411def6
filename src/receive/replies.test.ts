import { expect, test } from 'vitest';
import { parseMessageId } from '../mail/message-id.ts';
import type { Reply } from '../mail/reply.ts';
import { accepted, banner, challenge, hello, replies, toLines, tooBig } from './replies.ts';

const id = parseMessageId('m1m86d35gb2m5t91kp');
const ALL: [string, Reply][] = [
  ...Object.entries(replies),
  ['tooBig', tooBig(20 * 1_048_576)],
  ...(id ? [['accepted', accepted(id)] as [string, Reply]] : []),
];

test.each(ALL)('%s is short ASCII with an enhanced code of its class', (_, reply) => {
  for (const line of toLines(reply)) {
    expect(line).toMatch(/^[\x20-\x7e]+$/);
    // RFC 5321 §4.5.3.1.5: 512 octets with code and line end.
    expect(line.length).toBeLessThan(500);
  }
  if (reply.code === 354) expect(reply.enhanced).toBeNull();
  else expect(reply.enhanced).toMatch(new RegExp(`^${String(reply.code).charAt(0)}\\.\\d{1,3}\\.\\d{1,3}$`));
});

test.each(ALL.filter(([, reply]) => reply.code >= 400))(
  '%s speaks Bahasa Melayu, then English',
  (_, reply) => {
    expect(reply.lines).toHaveLength(2);
    expect(reply.lines[0]).not.toBe(reply.lines[1]);
  },
);

test('each line carries the enhanced code', () => {
  expect(toLines(replies.relayDenied)).toEqual([
    '5.7.1 Penghantaran semula tidak dibenarkan',
    '5.7.1 Relaying denied',
  ]);
});

test('banner, greeting and challenge have none', () => {
  expect(toLines(banner('mail.moh.example'))).toEqual(['mail.moh.example ESMTP']);
  expect(toLines(hello(['a', 'b']))).toEqual(['a', 'b']);
  expect(toLines(challenge(''))).toEqual(['']);
});
