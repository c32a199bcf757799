import type { ExcludedEndpoint } from '../../contracts/routing.js';
import { GatewayError } from '../../errors/gateway-error.js';
import type { FilterContext, Filtered } from './filters.js';
import { formatValue } from '../../options/checks.js';
import type { Preferences } from '../preferences/preferences.js';
import type { RouteTable } from '../registry.js';

interface EmptyPlan extends Filtered {
  readonly facts: FilterContext;
  readonly preferences: Preferences;
  readonly table: RouteTable;
  readonly excluded: readonly ExcludedEndpoint[];
}

/** `counts` counts them all; the list stands in a response and must not grow with the provider table. */
const MAX_EXCLUDED = 50;

/** The error of a request that nobody can serve. It is named after the filter that took the last model's last endpoint. */
export function refuseEmptyPlan({ facts, emptiedBy, preferences, table, excluded }: EmptyPlan): GatewayError {
  const { model } = facts.choice;
  if (emptiedBy === undefined)
    return new GatewayError('no_endpoints', `No provider serves ${formatValue(model)} any more.`);
  const { rule, removed } = emptiedBy;
  const word = rule.excludedBy ?? rule.reason;
  const detail = rule.detail(preferences, facts, removed);
  return new GatewayError(
    rule.code,
    `No endpoint of ${formatValue(model)} can serve this request (${word}). ${detail}`,
    {
      metadata: {
        excluded_by: [word],
        counts: countByReason(excluded),
        excluded: excluded.slice(0, MAX_EXCLUDED),
        requested_models: preferences.models.map((choice) => choice.model),
        retryable: false,
        ...(rule.code === 'constraint_filtered' ? { constraint: { field: word, detail } } : {}),
        ...(rule.code === 'no_endpoints' ? { available_providers: providersOf(model, table) } : {}),
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
