import type { Timeouts } from '../../contracts/routing.js';
import { defineOptions, type RowsFor } from '../group.js';
import { milliseconds } from '../rows.js';
import type { TimeoutOptions } from '../provider-types.js';

/** The timeouts of a provider where neither it nor the top level sets any. */
export const DEFAULT_TIMEOUTS: Timeouts = Object.freeze({
  connectMs: 5_000,
  headersMs: 300_000,
  firstChunkMs: 60_000,
  // Reasoning models may take this long before the first content, with role chunks or comments in between.
  streamHeadMs: 600_000,
  idleMs: 60_000,
  totalMs: undefined,
});

/** Rows have no default: timeouts of a provider fall back to those of the top level, and these to the constant. */
export const TIMEOUTS = defineOptions({
  path: 'timeouts',
  renamed: { headMs: 'headersMs', firstEventMs: 'firstChunkMs' },
  rows: {
    connectMs: milliseconds('To connect.').defaultsTo('`5_000`'),
    headersMs: milliseconds(
      'To the response head. With `stream`: to the first content chunk, whatever comes before it.',
    ).defaultsTo('`300_000`, with `stream` `600_000`'),
    firstChunkMs: milliseconds(
      'With `stream`: to the first content chunk. Starts again with each byte received, up to `headersMs` in all.',
    ).defaultsTo('`60_000`'),
    idleMs: milliseconds('Between two pieces of a response body.').defaultsTo('`60_000`'),
    totalMs: milliseconds(
      'The whole request with all attempts and pauses. Never ends a stream that has begun.',
    ).defaultsTo('`600_000` for whole responses, no limit for streams'),
  } satisfies RowsFor<TimeoutOptions>,
});
