import type { Transport } from '../../contracts/transport.js';
import { isRecord } from '../../util/json-object.js';
import { optionError } from '../checks.js';
import { defineOptions, type RowsFor } from '../group.js';
import { custom } from '../row.js';
import { choice, count, flag, milliseconds, switchable } from '../rows.js';
import type { HedgingOptions, ProxyOptions } from '../types.js';

export const HEDGING = defineOptions({
  path: 'hedging',
  renamed: { afterMs: 'delayMs' },
  rows: {
    delayMs: milliseconds('When the second attempt starts.').defaultsTo(
      "the 95th percentile of the endpoint's response times of the last five minutes; no hedging below 20 of them",
    ),
  } satisfies RowsFor<HedgingOptions>,
});

export const PROXY = defineOptions({
  path: 'proxy',
  prefix: '',
  renamed: { retryAmbiguous: 'retryNonIdempotent', hedge: 'hedging: true or { delayMs }' },
  rows: {
    maxAttempts: count('attempts', 'Upstream calls that one request may cause.').or(5),
    retryNonIdempotent: flag('Try again where the upstream may have begun a response before it failed.').or(true),
    hedging: switchable(
      HEDGING,
      'Start a second attempt at another provider when the first takes long. Whole responses only.',
    ),
    maxInFlight: count('requests', 'Requests in flight; beyond it 503.').or(
      5_000,
      '`5_000`, or as many as the limit of open files allows',
    ),
    overloadProtection: flag(
      'Refuse new requests (503) while the event loop or the heap of the process is at its limit.',
    ).or(false),
    maxInFlightPerCaller: count('requests', 'Requests of one caller in flight; beyond it 429.').or(
      Infinity,
      'no limit of its own',
    ),
    maxInFlightPerProvider: count('attempts', 'Attempts in flight at one provider.').or(1_024),
    transport: custom('`undiciTransport()`, your own', checkTransport, 'How bytes reach an upstream.').defaultsTo(
      'http-proxy-middleware',
    ),
    upstreamErrors: choice(
      ['summary', 'message'],
      "What clients read of an upstream's error that the operator must fix: a summary, or the upstream's own text, redacted.",
    ).or('summary'),
  } satisfies RowsFor<ProxyOptions>,
});

function checkTransport(path: string, value: unknown): Transport {
  const has = (member: string): boolean => isRecord(value) && typeof value[member] === 'function';
  if (has('open') && has('sockets') && has('close')) return value as Transport;
  const hint = typeof value === 'function' ? ': call the function that makes it' : '';
  throw optionError(path, `must be a transport, with open(), sockets() and close()${hint}`, value);
}
