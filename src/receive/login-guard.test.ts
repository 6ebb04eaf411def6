import { describe, expect, test } from 'vitest';
import { createLoginGuard } from './login-guard.ts';

const LIMITS = { authFailuresPerAddress: 4, authFailuresPerUser: 2, authWindowMs: 1_000 };

function guardAt(start = 0): { guard: ReturnType<typeof createLoginGuard>; time: { now: number } } {
  const time = { now: start };
  return { guard: createLoginGuard(LIMITS, { elapsedMs: () => time.now }), time };
}

describe('failed logins', () => {
  test('close a name to strangers, in any case, until the window is over', () => {
    const { guard, time } = guardAt();
    guard.failed('a', 'Ali@moh.example');
    guard.failed('b', 'ali@moh.example');
    expect(guard.mayTry('c', 'ALI@moh.example')).toBe(false);
    expect(guard.mayTry('c', 'siti@moh.example')).toBe(true);
    time.now = 1_001;
    expect(guard.mayTry('c', 'ali@moh.example')).toBe(true);
  });

  test('close an address for every name', () => {
    const { guard } = guardAt();
    for (const name of ['a', 'b', 'c', 'd']) guard.failed('x', name);
    expect(guard.mayTry('x', 'e')).toBe(false);
    expect(guard.mayTry('y', 'e')).toBe(true);
  });

  test('close a whole IPv6 network, which one host may have for itself', () => {
    const { guard } = guardAt();
    for (const name of ['a', 'b', 'c', 'd']) guard.failed(`2001:db8::${name}`, name);
    expect(guard.mayTry('2001:db8::e', 'e')).toBe(false);
    expect(guard.mayTry('2001:db8:0:1::e', 'e')).toBe(true);
  });

  test('do not close it to a user who has logged in from there before', () => {
    const { guard } = guardAt();
    guard.succeeded('x', 'Ali');
    for (const name of ['ali', 'ali', 'b', 'c', 'd']) guard.failed('x', name);
    expect(guard.mayTry('x', 'ali')).toBe(true);
    expect(guard.mayTry('y', 'ali')).toBe(false);
    expect(guard.mayTry('x', 'siti')).toBe(false);
  });

  test('are answered ever later, up to a bound', () => {
    const { guard } = guardAt();
    const delays = Array.from({ length: 20 }, () => guard.failed('x', 'ali'));
    expect(delays.slice(0, 3)).toEqual([250, 500, 750]);
    expect(delays.at(-1)).toBe(4_000);
  });
});
