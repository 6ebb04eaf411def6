import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // Scenario tests start real programs; the time is for a loaded machine, nothing waits for it.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Two cores: more files at once only make every real program slower.
    maxWorkers: 2,
  },
});
