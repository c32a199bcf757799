import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // Real sockets on a small machine: more workers only make the timing of the machine part of the result.
    maxWorkers: 2,
  },
});
