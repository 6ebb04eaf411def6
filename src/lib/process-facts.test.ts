/** The figures of this process, and that one bad moment passes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { watchProcess } from './process-facts.ts';

const PERIOD_MS = 10_000;
const BLOCKED_MS = 400;

function work(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test('memory is that of the process, and processor time grows with work', () => {
  using watched = watchProcess();
  const before = watched.facts();
  expect(before.rssBytes).toBeGreaterThan(10 * 1024 * 1024);
  // Ends when the figure has grown, however slow the machine is.
  while (watched.facts().cpuSeconds - before.cpuSeconds < 0.05) work(1);
  expect(watched.facts().cpuSeconds - before.cpuSeconds).toBeLessThan(10);
});

test('a delay of the event loop is told after its period, and forgotten after the next', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    using watched = watchProcess();
    await sleep(50);
    work(BLOCKED_MS);
    await sleep(50);
    expect(watched.facts().loopDelayMs).toBe(0);
    vi.advanceTimersByTime(PERIOD_MS);
    const blocked = watched.facts().loopDelayMs;
    expect(blocked).toBeGreaterThan(BLOCKED_MS / 2);
    await sleep(50);
    vi.advanceTimersByTime(PERIOD_MS);
    expect(watched.facts().loopDelayMs).toBeLessThan(blocked);
  } finally {
    vi.useRealTimers();
  }
});
