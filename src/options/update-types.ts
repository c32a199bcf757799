import type { RouteOptions } from './types.js';

/**
 * What `gateway.update()` can change. An option that is left out stays as it is; one that is given as `undefined` or
 * `null` goes back to its default.
 */
export type GatewayUpdate = Partial<
  Pick<RouteOptions, 'providers' | 'aliases' | 'defaultModel' | 'autoModels' | 'timeouts'>
>;

/** Options, or a provider table alone. */
export type UpdateArgument = GatewayUpdate | RouteOptions['providers'];
