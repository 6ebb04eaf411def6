import { expect, test } from 'vitest';
import { newMessageId, parseMessageId } from './message-id.ts';

test('ids are 18 characters, different, and their own parse', () => {
  const ids = Array.from({ length: 1_000 }, () => newMessageId(1_795_511_391_755));
  expect(new Set(ids).size).toBe(1_000);
  for (const id of ids) {
    expect(id).toMatch(/^m[0-9a-hjkmnp-tv-z]{17}$/);
    expect(parseMessageId(id)).toBe(id);
  }
});

test('ids sort by arrival', () => {
  const times = [0, 1, 31, 32, 1_000_000, 1_795_511_391_755, 1_795_511_391_756, 32 ** 9 - 1];
  const ids = times.map((time) => newMessageId(time).slice(0, 10));
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
});

test.each([
  '',
  'm',
  'm1m86d35gb2m5t91k',
  'm1m86d35gb2m5t91kpx',
  'n1m86d35gb2m5t91kp',
  'M1M86D35GB2M5T91KP',
  'm1m86d35gb2m5t91ki',
  'm1m86d35gb2m5t91k/',
  '../../../etc/passwd',
  'm1m86d35gb2m5t91kp\n',
])('%j is none', (text) => {
  expect(parseMessageId(text)).toBeNull();
});
