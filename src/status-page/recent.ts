import type { EndpointRecord } from './endpoint-history.js';
import type { HistoryRecord } from './history.js';

/** Fewer columns than this look like a mistake. */
const LEAST_INTERVALS = 24;

/** `history` without the time before it began, so that the pictures of a young process are not empty. */
export function recent(history: HistoryRecord): HistoryRecord {
  const begun = history.requests.findIndex((count) => !Number.isNaN(count));
  const last = history.requests.length - LEAST_INTERVALS;
  const from = begun === -1 ? last : Math.min(begun, last);
  const cut = (values: readonly number[]): readonly number[] => values.slice(from);
  return {
    intervalMs: history.intervalMs,
    requests: cut(history.requests),
    errors: cut(history.errors),
    cacheHits: cut(history.cacheHits),
    cacheMisses: cut(history.cacheMisses),
    endpoints: history.endpoints.map(
      ({ id, p50, p90, succeeded, failed, promptTokens, completionTokens, costUsd, readiness }): EndpointRecord => ({
        id,
        p50: cut(p50),
        p90: cut(p90),
        succeeded: cut(succeeded),
        failed: cut(failed),
        promptTokens: cut(promptTokens),
        completionTokens: cut(completionTokens),
        costUsd: cut(costUsd),
        readiness: cut(readiness),
      }),
    ),
  };
}
