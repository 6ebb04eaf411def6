import { describe, expect, test } from 'vitest';
import { createBudgets, createConnectionCounts, networkOf } from './limits.ts';

const LIMITS = { softErrors: 2, hardErrors: 5, junkCommands: 3, messagesPerSession: 2 };

describe('the budgets of a session', () => {
  test('errors are free, then slow, then the end', () => {
    const budgets = createBudgets(LIMITS);
    expect([1, 2, 3, 4, 5].map(() => budgets.error())).toEqual([0, 0, 500, 1_000, null]);
  });

  test('the slowest answer has a bound', () => {
    const budgets = createBudgets({ ...LIMITS, softErrors: 0, hardErrors: 1_000 });
    for (let i = 0; i < 500; i++) budgets.error();
    expect(budgets.error()).toBe(5_000);
  });

  test('a message earns errors and commands back, and counts', () => {
    const budgets = createBudgets(LIMITS);
    for (let i = 0; i < 3; i++) expect(budgets.junk()).toBeNull();
    budgets.error();
    budgets.earned();
    expect(budgets.junk()).toBeNull();
    expect(budgets.error()).toBe(0);
    expect(budgets.message()).toBeNull();
    budgets.earned();
    expect(budgets.message()?.code).toBe(421);
  });

  test('commands without mail end it', () => {
    const budgets = createBudgets(LIMITS);
    expect([1, 2, 3, 4].map(() => budgets.junk()?.code ?? null)).toEqual([null, null, null, 421]);
  });
});

describe('the counts of connections', () => {
  test('hold for each address, and for all doors together', () => {
    const total = { open: 0, limit: 3 };
    const mx = createConnectionCounts(total);
    const submission = createConnectionCounts(total);
    const leave = mx.enter('a', 2);
    expect(mx.enter('a', 2)).not.toBeNull();
    expect(mx.enter('a', 2)).toBeNull();
    expect(submission.enter('a', 2)).not.toBeNull();
    expect(submission.enter('b', 2)).toBeNull();
    leave?.();
    leave?.();
    expect(total.open).toBe(2);
    expect(submission.enter('b', 2)).not.toBeNull();
    expect(mx.enter('a', 2)).toBeNull();
  });
});

describe('what counts as one client', () => {
  const cases = [
    ['an IPv4 address', '192.0.2.9', '192.0.2.9'],
    ['a network of IPv6', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['the same, shortened at its end', '2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['one with zeros in the network', '2001:db8::1', '2001:db8:0:0::/64'],
    ['this machine', '::1', '0:0:0:0::/64'],
    ['a link with its zone', 'fe80::1%eth0', 'fe80:0:0:0::/64'],
  ] as const;
  for (const [name, address, expected] of cases) {
    test(`is ${name}`, () => expect(networkOf(address)).toBe(expected));
  }

  test('a host with a whole IPv6 network has the connections of one client', () => {
    const counts = createConnectionCounts({ open: 0, limit: 100 });
    expect(counts.enter('2001:db8::1', 2)).not.toBeNull();
    const leave = counts.enter('2001:db8::2', 2);
    expect(counts.enter('2001:db8::3', 2)).toBeNull();
    leave?.();
    expect(counts.enter('2001:db8::3', 2)).not.toBeNull();
  });
});
