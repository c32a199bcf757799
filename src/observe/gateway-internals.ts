import type { Stage } from '../request/context.js';
import type { Clock } from '../contracts/clock.js';
import type { UsageReport } from '../contracts/limits.js';
import type { HookRunner } from '../request/hooks.js';
import type { Middleware } from '../http/middleware.js';
import type { GatewayStatus } from '../status.js';

/** What the pages of this package may use of a gateway, beyond its public interface. */
export interface GatewayInternals {
  readonly clock: Clock;
  readonly hooks: HookRunner;
  readonly status: () => GatewayStatus;
  /** What callers use from now on; `undefined` where nothing is counted. */
  readonly watchUsage: (() => () => Promise<UsageReport>) | undefined;
  /** The gateway itself decides who may see its pages; with `keys: false` and without `admin` it leaves that to the host. */
  readonly authenticates: boolean;
  /** Serves `stage` to GET requests that `admin` allows. */
  authenticated(stage: Stage): Middleware;
  /** Serves `stage` to all GET requests. */
  unauthenticated(stage: Stage): Middleware;
  /** Runs `end` when the gateway stops accepting requests. `end` may be called more than once. */
  onEnd(end: () => void): void;
}

const internals = new WeakMap<object, GatewayInternals>();

/** @returns a function that ends everything registered by `onEnd` */
export function shareInternals(gateway: object, shared: Omit<GatewayInternals, 'onEnd'>): () => void {
  const ends: (() => void)[] = [];
  internals.set(gateway, { ...shared, onEnd: (end) => void ends.push(end) });
  return () => {
    for (const end of ends) end();
  };
}

/** @throws TypeError for what `createGateway` did not make. */
export function internalsOf(gateway: object, asker: string): GatewayInternals {
  const shared = internals.get(gateway);
  if (shared === undefined) throw new TypeError(`${asker} needs a gateway made by createGateway.`);
  return shared;
}
