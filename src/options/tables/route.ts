import type { CallerOverrideOptions, PriceCatalog, RouteOptions } from '../types.js';
import { anyMembers, optionError, text, texts } from '../checks.js';
import { defineOptions, type RowsFor } from '../group.js';
import { custom } from '../row.js';
import { flag, nested, nestedOrDefaults, word, wordList } from '../rows.js';
import { TIMEOUTS } from './timeouts.js';

export const CALLER_OVERRIDES = defineOptions({
  path: 'callerOverrides',
  renamed: { origins: 'allowedOrigins' },
  rows: {
    apiKeys: flag('Callers may send their own key for a configured provider.').or(true),
    allowedOrigins: wordList(
      "Origins that a caller's `base_url` may name: `https://host[:port]`, one `*.` label allowed.",
    ).or([], 'none'),
  } satisfies RowsFor<CallerOverrideOptions>,
});

export const ROUTE = defineOptions({
  path: 'route',
  prefix: '',
  renamed: { fillFrom: 'priceCatalog', overrides: 'callerOverrides: { apiKeys, allowedOrigins }' },
  rows: {
    providers: custom('`{ [key]: provider }`', checkProviders, 'The providers, by a key of your choice.').required(),
    defaultModel: word('The model of requests that name none.'),
    autoModels: wordList(
      'Model names that leave the choice to the hook `selectCandidates`; without one, to `defaultModel`.',
    ).or(['auto'], "`['auto']`"),
    aliases: custom(
      '`{ [alias]: model \\| models }`',
      checkAliases,
      'Other names for models. A list is tried in its order.',
    ),
    callerOverrides: nestedOrDefaults(CALLER_OVERRIDES, "What a caller's `provider_configs` may contain."),
    priceCatalog: custom(
      'the module `@pydantic/genai-prices`',
      checkPriceCatalog,
      'Where prices and context lengths come from that an endpoint does not declare. Nothing is fetched.',
    ),
    timeouts: nested(TIMEOUTS, 'Timeouts of every provider that sets none of its own.'),
  } satisfies RowsFor<RouteOptions>,
});

function checkProviders(path: string, value: unknown): Readonly<Record<string, unknown>> {
  const providers = anyMembers(path, value);
  if (Object.keys(providers).length === 0) throw new TypeError(`${path} must name at least one provider, got none.`);
  return providers;
}

/** The models that each alias names. The provider table checks whether they exist. */
function checkAliases(path: string, value: unknown): ReadonlyMap<string, readonly string[]> {
  return new Map(
    Object.entries(anyMembers(path, value)).map(([alias, target]) => {
      const place = `${path}[${JSON.stringify(text(path, alias))}]`;
      const models = typeof target === 'string' ? [text(place, target)] : modelList(place, target);
      if (models.length === 0) throw optionError(place, 'must be a model or a list of models', target);
      return [alias, models];
    }),
  );
}

function modelList(path: string, value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw optionError(path, 'must be a model or a list of models', value);
  return texts(path, value);
}

function checkPriceCatalog(path: string, value: unknown): PriceCatalog {
  const calcPrice: unknown = Reflect.get(Object(value), 'calcPrice');
  if (typeof calcPrice === 'function') return value as PriceCatalog;
  throw optionError(path, 'must be the module @pydantic/genai-prices, or have its function calcPrice', value);
}
