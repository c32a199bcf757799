import type { Transport } from '../contracts/transport.js';
import { systemClock } from '../util/clock.js';
import { optionError } from '../options/checks.js';
import { defineOptions, type RowsFor } from '../options/group.js';
import { custom } from '../options/row.js';
import { literalsIn } from '../transports/ssrf-guard.js';
import { Connections } from './connections.js';
import { UndiciCall } from './undici-call.js';

/** What `undiciTransport` may be told. */
export interface UndiciTransportOptions {
  /**
   * The same as the gateway's `callerOverrides.allowedOrigins`, where those name IP addresses that are not public: what is not listed
   * here either is not connected to for a caller.
   * @defaultValue none
   */
  readonly allowedOrigins?: readonly string[] | undefined;
}

export const UNDICI_TRANSPORT = defineOptions({
  path: 'undiciTransport',
  prefix: 'undiciTransport: ',
  rows: {
    allowedOrigins: custom(
      'a list of origins',
      checkOrigins,
      'The same as `callerOverrides.allowedOrigins`, where those name IP addresses that are not public.',
    ).or([], 'none'),
  } satisfies RowsFor<UndiciTransportOptions>,
});

/**
 * Upstream calls by undici (8.12 or newer, the host's own), in place of http-proxy-middleware: less CPU per call.
 *
 * @example
 * createGateway({ …, transport: undiciTransport() });
 * @throws TypeError for an option that is wrong
 */
export function undiciTransport(options: UndiciTransportOptions = {}): Transport {
  const { allowedOrigins } = UNDICI_TRANSPORT.parse(options);
  const connections = new Connections({ literals: literalsIn(allowedOrigins) }, systemClock);
  return {
    open(request, events) {
      const call = new UndiciCall(connections.take(request), events);
      call.start(request);
      return call;
    },
    sockets: () => connections.count(),
    close: () => connections.close(),
  };
}

function checkOrigins(path: string, value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every(isOrigin)) return value;
  throw optionError(path, 'must be a list of origins, as callerOverrides.allowedOrigins', value);
}

function isOrigin(value: unknown): value is string {
  return typeof value === 'string' && URL.parse(value)?.hostname !== undefined;
}
