import type { ExcludedEndpoint } from '../../contracts/routing.js';
import { GatewayError } from '../../errors/gateway-error.js';
import type { FilterContext, Filtered } from './filters.js';
import { formatValue } from '../../options/checks.js';
import type { Preferences } from '../preferences/preferences.js';
import type { RouteTable } from '../registry.js';

interface EmptyPlan extends Filtered {
  readonly context: FilterContext;
  readonly preferences: Preferences;
  readonly table: RouteTable;
  readonly excluded: readonly ExcludedEndpoint[];
}

/**
 * Most entries of `excluded` in a response, which must not grow with the provider table. `counts` covers all of them.
 */
const MAX_EXCLUDED = 50;

/**
 * The error of a request that no endpoint can serve. The filter that excluded the last endpoint of the last model
 * decides its code.
 */
export function refuseEmptyPlan({ context, emptiedBy, preferences, table, excluded }: EmptyPlan): GatewayError {
  const { model } = context.choice;
  if (emptiedBy === undefined)
    return new GatewayError('no_endpoints', `No provider serves ${formatValue(model)} any more.`);
  const { filter, removed } = emptiedBy;
  const reason = filter.excludedBy ?? filter.reason;
  const detail = filter.detail(preferences, context, removed);
  return new GatewayError(
    filter.code,
    `No endpoint of ${formatValue(model)} can serve this request (${reason}). ${detail}`,
    {
      metadata: {
        excluded_by: [reason],
        counts: countByReason(excluded),
        excluded: excluded.slice(0, MAX_EXCLUDED),
        requested_models: preferences.models.map((choice) => choice.model),
        retryable: false,
        ...(filter.code === 'constraint_filtered' ? { constraint: { field: reason, detail } } : {}),
        ...(filter.code === 'no_endpoints' ? { available_providers: providersOf(model, table) } : {}),
      },
    },
  );
}

function countByReason(excluded: readonly ExcludedEndpoint[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const { reason } of excluded) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return Object.fromEntries(counts);
}

function providersOf(model: string, table: RouteTable): readonly string[] {
  return [...new Set((table.models.get(model) ?? []).map(({ provider }) => provider.slug))];
}
