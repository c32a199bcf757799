import { defineConfig } from 'vitest/config';

/** Folders whose tests are functions in, values out: no sockets, no processes. */
const UNIT = 'test/{cache,chat,formats,frames,guard,json,limit,route,router,util,validate}/**/*.test.ts';
/** Tests in these folders that do open sockets end in `.sockets.test.ts`. */
const SOCKETS = 'test/**/*.sockets.test.ts';
const OTHERS = 'test/!(cache|chat|formats|frames|guard|json|limit|route|router|util|validate)/**/*.test.ts';

export default defineConfig({
  test: {
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // The socket tests observe behaviour in time: more workers than cores would make the machine part of the result.
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: 'unit', include: [UNIT], exclude: [SOCKETS] } },
      { extends: true, test: { name: 'sockets', include: ['test/*.test.ts', OTHERS, SOCKETS] } },
    ],
  },
});
