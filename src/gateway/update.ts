import type { RouteOptions } from '../options/types.js';
import type { GatewayUpdate, UpdateArgument } from '../options/update-types.js';
import { checkNames, defineOptions, type RowsFor } from '../options/group.js';
import { ROUTE } from '../options/tables/route.js';
import { isRecord } from '../util/json-object.js';
import { reportUnserved } from './unserved-models.js';
import type { GatewayParts } from './parts.js';

const { providers, aliases, defaultModel, autoModels, timeouts } = ROUTE.rows;

/** Rows of `ROUTE`: the router checks their values, together with the options that stay. */
export const UPDATE = defineOptions({
  path: 'update',
  rows: { providers, aliases, defaultModel, autoModels, timeouts } satisfies RowsFor<GatewayUpdate>,
});

/**
 * `gateway.update`: all changes are checked before the first takes effect, and take effect together. A part of the
 * gateway that supports updates adds its prepared change to `prepared`.
 */
export function updater(parts: GatewayParts): (update: UpdateArgument) => void {
  const { router, cache, proxy, hooks, diagnostics } = parts;
  return function update(argument) {
    const changes = changesIn(argument);
    if (changes.providers !== undefined) proxy.checkProviders(changes.providers);
    const prepared = [router.prepareUpdate(changes)];
    for (const commit of prepared) commit();
    cache?.clearBodyIndex();
    reportUnserved(router, hooks, diagnostics);
  };
}

/** @throws TypeError for an option that cannot be changed, or is unknown. */
function changesIn(argument: UpdateArgument): GatewayUpdate {
  if (!hasOptions(argument)) return { providers: argument as RouteOptions['providers'] };
  return checkNames('update', argument, [UPDATE]);
}

/**
 * Whether `argument` holds options and not providers. A provider whose name is that of an option is recognised by its
 * members.
 */
function hasOptions(argument: unknown): boolean {
  if (!isRecord(argument)) return false;
  return Object.entries(argument).some(
    ([name, value]) => !isRecord(value) || (Object.hasOwn(UPDATE.rows, name) && !isProvider(value)),
  );
}

function isProvider(value: unknown): boolean {
  return isRecord(value) && 'models' in value && ('baseUrl' in value || 'format' in value);
}
