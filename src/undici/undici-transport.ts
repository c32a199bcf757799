import type { Transport } from '../contracts/transport.js';
import { systemClock } from '../http/system-clock.js';
import { refusal } from '../option-checks.js';
import { literalsIn } from '../proxy/guarded-connection.js';
import { Connections } from './connections.js';
import { UndiciCall } from './undici-call.js';

/** What `undiciTransport` may be told. */
export interface UndiciTransportOptions {
  /**
   * The same as the gateway's `overrides.origins`, where those name IP addresses that are not public: what is not listed
   * here either is not connected to for a caller.
   * @defaultValue none
   */
  readonly origins?: readonly string[] | undefined;
}

/**
 * Upstream calls by undici (7 or newer, the host's own), in place of http-proxy-middleware: less CPU per call.
 *
 * @example
 * createGateway({ …, transport: undiciTransport() });
 * @throws TypeError for origins that are no list
 */
export function undiciTransport({ origins = [] }: UndiciTransportOptions = {}): Transport {
  if (!Array.isArray(origins)) throw refusal('origins', 'must be a list, as in overrides.origins', origins);
  const connections = new Connections({ literals: literalsIn(origins) }, systemClock);
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
