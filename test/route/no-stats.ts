import type { Performance } from '../../src/route/stats/performance.js';

/** Nothing is known: every endpoint is healthy. */
export const UNMEASURED: Performance = Object.freeze({
  healthOf: () => 'ok',
  throughputOf: () => undefined,
  latencyOf: () => undefined,
});
