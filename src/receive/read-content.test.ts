import { PassThrough } from 'node:stream';
import { afterEach, expect, test, vi } from 'vitest';
import { type ReadEnd, readContent } from './read-content.ts';

const LIMITS = { commandMs: 10, dataMs: 1_000, dataBytesPerSecond: 1_000 };

afterEach(() => void vi.useRealTimers());

/** The checks of the time run when the test says so. */
function useTestTimers(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
}

function reading(take: (chunk: Buffer) => Promise<void> | undefined = () => undefined) {
  const content = new PassThrough();
  const time = { now: 0 };
  const stop = new AbortController();
  const end: Promise<ReadEnd> = readContent(content, take, {
    limits: LIMITS,
    maxBytes: 5_000,
    clock: { elapsedMs: () => time.now },
    stopping: stop.signal,
  });
  return { content, time, stop, end };
}

test('content that ends is complete', async () => {
  const seen: string[] = [];
  const { content, end } = reading((chunk) => void seen.push(chunk.toString()));
  content.write('a');
  content.end('b');
  expect(await end).toBe('complete');
  expect(seen.join('')).toBe('ab');
});

test('content that breaks off is gone', async () => {
  const { content, end } = reading();
  content.write('a');
  content.destroy(new Error('connection lost'));
  expect(await end).toBe('gone');
});

test('more than may come is a flood, and is not read on', async () => {
  const { content, end } = reading();
  content.write('x'.repeat(5_001));
  expect(await end).toBe('flood');
  expect(content.destroyed).toBe(true);
});

test('content below the least rate is slow', async () => {
  const { content, time, end } = reading();
  content.write('x'.repeat(100));
  // 10 ms, and 100 ms for 100 octets.
  time.now = 111;
  expect(await end).toBe('slow');
});

test('content above the least rate is not slow before the total time is over', async () => {
  useTestTimers();
  const { content, time, end } = reading();
  content.write('x'.repeat(4_000));
  let ended: ReadEnd | null = null;
  void end.then((how) => {
    ended = how;
  });
  time.now = 999;
  await vi.advanceTimersByTimeAsync(50);
  expect(ended).toBeNull();
  time.now = 1_001;
  await vi.advanceTimersByTimeAsync(50);
  expect(await end).toBe('slow');
});

test('a stop ends it', async () => {
  const { content, stop, end } = reading();
  content.write('a');
  stop.abort();
  expect(await end).toBe('stopping');
});

test('time spent waiting for us does not count against the client', async () => {
  useTestTimers();
  let release = (): void => {};
  const { content, time, end } = reading(
    () =>
      new Promise((resolve) => {
        release = resolve;
      }),
  );
  content.write('a');
  await vi.advanceTimersByTimeAsync(30);
  time.now = 10_000;
  release();
  // Long enough for the check of the time to run.
  await vi.advanceTimersByTimeAsync(50);
  content.end();
  expect(await end).toBe('complete');
});
