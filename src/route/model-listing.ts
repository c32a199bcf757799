import { GatewayError } from '../errors/gateway-error.js';
import { formatValue } from '../options/checks.js';
import { didYouMean } from '../options/suggest.js';
import { allows, type ResolvedPolicy } from './caller-policy.js';
import type { RoutableEndpoint } from './endpoint.js';
import type { RouteTable } from './registry.js';

/** The response of `GET /v1/models`, in OpenAI's form. */
export interface ModelList {
  readonly object: 'list';
  readonly data: readonly ModelEntry[];
}

/** The response of `GET /v1/models/{id}`. */
export interface ModelEntry {
  readonly id: string;
  readonly object: 'model';
  /** Unix time in seconds. */
  readonly created: number;
  readonly owned_by: string;
  /** The longest context of its endpoints; absent if none is declared. */
  readonly context_length?: number;
  /** The models that this name represents, first choice first. */
  readonly alias_target?: readonly string[];
}

/**
 * Every model of `table` in table order, then every alias.
 * @param policy - the caller's policy; models that it forbids are not listed
 * @param created - Unix time in seconds, the same for all models, because providers do not report it
 */
export function listModels(table: RouteTable, created: number, policy?: ResolvedPolicy): ModelList {
  const isAllowed = (endpoint: RoutableEndpoint): boolean => policy === undefined || allows(policy, endpoint);
  const models = [...table.models].flatMap(([id, endpoints]) => {
    const allowed = endpoints.filter(isAllowed);
    return allowed.length === 0 ? [] : [modelEntry(id, allowed, created)];
  });
  const aliases = [...table.names.aliases].flatMap(([id, choices]): ModelEntry[] => {
    const targets = choices
      .map(({ model }) => model)
      .filter((model) => table.models.get(model)?.some(isAllowed) !== false);
    if (targets.length === 0) return [];
    return [{ id, object: 'model', created, owned_by: 'alias', alias_target: targets }];
  });
  return { object: 'list', data: [...models, ...aliases] };
}

/**
 * The entry of one model or alias.
 * @throws GatewayError 404 for an id that is not in the list
 */
export function modelIn({ data }: ModelList, id: string): ModelEntry {
  const entry = data.find((each) => each.id === id);
  if (entry !== undefined) return entry;
  const hint = didYouMean(
    id,
    data.map((each) => each.id),
  );
  throw new GatewayError('model_not_found', `This gateway lists no model ${formatValue(id)}.${hint}`, {
    param: 'model',
  });
}

function modelEntry(id: string, endpoints: readonly RoutableEndpoint[], created: number): ModelEntry {
  const first = endpoints.reduce((a, b) => (a.position < b.position ? a : b));
  const longest = Math.max(...endpoints.map(({ contextLength }) => contextLength ?? 0));
  const entry: ModelEntry = { id, object: 'model', created, owned_by: first.provider.slug };
  return longest > 0 ? { ...entry, context_length: longest } : entry;
}
