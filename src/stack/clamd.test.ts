import { expect, test } from 'vitest';
import { clamdLimits } from './clamd.ts';
import { readTemplate, render } from './render.ts';

const MB = 1024 * 1024;
const limitsOf = (messageBytes: number, timeoutMs: number) =>
  clamdLimits({ limits: { messageBytes }, scan: { timeoutMs } });

for (const messageBytes of [1024, 20 * MB, 100 * MB, 500 * MB]) {
  test(`clamd takes more than a message of ${messageBytes} octets`, () => {
    const { streamBytes, fileBytes, scanBytes } = limitsOf(messageBytes, 60_000);
    for (const bytes of [streamBytes, fileBytes, scanBytes]) expect(bytes).toBeGreaterThan(messageBytes);
  });
}

test('where only small messages are taken, archives may still unpack to what is usual', () => {
  expect(limitsOf(1024, 60_000)).toEqual(limitsOf(20 * MB, 60_000));
});

test('no size is beyond what clamd can count', () => {
  const { streamBytes, fileBytes, scanBytes } = limitsOf(2 ** 31 - 1, 60_000);
  expect(fileBytes).toBeLessThan(2 ** 31 - 1);
  for (const bytes of [streamBytes, scanBytes]) expect(bytes).toBeLessThan(2 ** 32);
});

for (const [timeoutMs, scanMs] of [
  [60_000, 30_000],
  [1_001, 500],
  [1, 1],
] as const) {
  test(`clamd gives up after ${scanMs} ms where the server does after ${timeoutMs} ms`, async () => {
    expect(limitsOf(20 * MB, timeoutMs).scanMs).toBe(scanMs);
  });
}

test('the template has a place for each limit', async () => {
  const others = { listen: 'x', signatures: 'x', scanFolder: 'x', threads: 1 };
  const text = render(await readTemplate('clamd.conf'), { ...others, ...limitsOf(20 * MB, 60_000) });
  expect(text).toContain(`StreamMaxLength ${30 * MB}\n`);
  expect(text).toContain('MaxScanTime 30000\n');
});
