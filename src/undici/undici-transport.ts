import type { Transport } from '../contracts/transport.js';
import { systemClock } from '../util/clock.js';
import { knownMembers } from '../options/checks.js';
import { Connections } from './connections.js';
import { UndiciCall } from './undici-call.js';

/**
 * A transport over undici (8.12 or newer, installed by the host) instead of http-proxy-middleware: less CPU per call.
 * It takes no options: `callerOverrides.allowedOrigins` says which addresses a caller's `base_url` may reach.
 *
 * @example
 * createGateway({ …, transport: undiciTransport() });
 * @throws TypeError for any option
 */
export function undiciTransport(options: Readonly<Record<string, never>> = {}): Transport {
  refuseOptions(options);
  const connections = new Connections(systemClock);
  return {
    supportsNetwork: true,
    open(request, events) {
      const call = new UndiciCall(connections.take(request), events);
      call.start(request);
      return call;
    },
    sockets: () => connections.count(),
    close: () => connections.close(),
  };
}

function refuseOptions(options: Readonly<Record<string, unknown>>): void {
  if (options !== null && Object.hasOwn(options, 'allowedOrigins')) {
    throw new TypeError(
      'undiciTransport: the option allowedOrigins was removed. Set callerOverrides.allowedOrigins of createGateway() or route(): it applies to every transport.',
    );
  }
  knownMembers('undiciTransport', options, []);
}
