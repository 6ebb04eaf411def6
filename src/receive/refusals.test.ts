import { expect, test } from 'vitest';
import { type Log, silentLog } from '../lib/log.ts';
import { createRefusals } from './refusals.ts';

function setUp() {
  const state = { elapsed: 0 };
  const told: object[] = [];
  const log: Log = { ...silentLog, warn: (facts) => void told.push(facts) };
  const trace = { record: () => {} };
  const refusals = createRefusals({ trace, clock: { elapsedMs: () => state.elapsed }, log });
  const count = (tries: number, address: (n: number) => string): number => {
    let recorded = 0;
    for (let n = 0; n < tries; n++) if (refusals.mayRecord(address(n))) recorded++;
    return recorded;
  };
  return { state, told, count, refusals };
}

test('one address fills its budget of a minute and no more; what is above is counted, and told once', () => {
  const { state, told, count } = setUp();
  expect(count(1_000, () => '192.0.2.9')).toBe(60);
  expect(count(10, () => '192.0.2.10')).toBe(10);
  state.elapsed = 60_001;
  expect(count(1, () => '192.0.2.9')).toBe(1);
  expect(told).toEqual([{ address: '192.0.2.9', suppressed: 940 }]);
});

test('a refused message costs as much as it has recipients, and one is always written', () => {
  const { count, refusals, told, state } = setUp();
  expect(refusals.mayRecord('192.0.2.9', 100)).toBe(true);
  expect(count(1, () => '192.0.2.9')).toBe(0);
  let others = 0;
  for (let n = 0; n < 100; n++) if (refusals.mayRecord(`198.51.100.${n}`, 100)) others++;
  expect(others).toBe(29);
  state.elapsed = 60_001;
  expect(count(1, () => '192.0.2.9')).toBe(1);
  expect(told).toContainEqual({ suppressed: 71 });
});

test('somebody with thirty thousand addresses fills the budget of all and no more, and is one line of the log', () => {
  const { state, told, count } = setUp();
  const address = (n: number): string => `2001:db8:${(n >> 16).toString(16)}:${(n & 0xffff).toString(16)}::1`;
  expect(count(30_000, address)).toBe(3_000);
  state.elapsed = 60_001;
  expect(count(1, () => '192.0.2.9')).toBe(1);
  expect(told).toEqual([{ suppressed: 27_000 }]);
});
