import type { Endpoint, ResolvedProvider } from '../../contracts/routing.js';
import { anyMembers, oneOf, optionError, text } from '../../options/checks.js';
import { defineOptions, type Parsed, type RowsFor } from '../../options/group.js';
import { custom } from '../../options/row.js';
import { choice, count, flag, flagOr, word, wordList } from '../../options/rows.js';
import type { ModelFacts, WireFormat } from '../../contracts/wire-format.js';
import { isOwnFormat } from '../../formats/own-formats.js';
import type { EndpointOptions } from '../../options/provider-types.js';
import type { PriceCatalog } from '../../options/types.js';
import { lookUpModelInfo } from './price-catalog.js';
import { PRICING, resolvePricing } from '../pricing-options.js';
import { QUANTIZATIONS } from '../plan/quantization.js';
import { isRecord } from '../../util/json-object.js';

/** Options of one model at one provider. */
export const ENDPOINT = defineOptions({
  path: 'providers.<key>.models.<name>',
  rows: {
    tag: custom('a string', checkTag, "Makes the endpoint's slug `provider/tag`.").defaultsTo('the name of `tier`'),
    upstreamModel: word("The upstream's own name of the model.").defaultsTo("the model's name here"),
    pricing: custom(PRICING.shape, resolvePricing, 'Prices.').defaultsTo('from `priceCatalog`'),
    contextLength: count('tokens', 'Prompt and completion together.').defaultsTo('from `priceCatalog`'),
    maxCompletionTokens: count('tokens', 'The longest completion.'),
    format: custom(
      '`{ [trait]: value }`',
      anyMembers,
      "Abilities of the model, as the provider's format names them: `{ thinking: 'adaptive' }`.",
    ),
    promptCaching: flagOr(
      ['auto'],
      "Prompt caching, for formats that mark the parts to cache: Anthropic, Bedrock. `false` also leaves `cache_control` out of requests in OpenAI's format.",
    ).defaultsTo("the format's"),
    quantization: custom(
      QUANTIZATIONS.map((level) => `\`'${level}'\``).join(', '),
      checkQuantization,
      'The precision of the weights.',
    ).or('unknown'),
    supportedParameters: wordList('Request members that the endpoint supports.').defaultsTo(
      'all that the format can express',
    ),
    zdr: flag('Retains no data.').defaultsTo("the provider's"),
    dataCollection: choice(['allow', 'deny'], "`'deny'`: stores no user data and does not train on it.").defaultsTo(
      "the provider's",
    ),
    distillable: flag("The model's author allows distillation.").or(false),
    tier: choice(
      ['flex', 'priority'],
      'Used only if a request selects it by `service_tier`, by the exact slug, or by `:nitro` or `:floor`.',
    ),
  } satisfies RowsFor<EndpointOptions>,
});

/** Values of the provider that apply to its endpoints unless they set their own. */
interface EndpointDefaults {
  readonly provider: ResolvedProvider;
  readonly zdr: boolean;
  readonly dataCollection: 'allow' | 'deny';
  /** Supplies prices and limits that are not declared. */
  readonly priceCatalog: PriceCatalog | undefined;
}

/** An endpoint without its position in the table. */
type UnplacedEndpoint = Omit<Endpoint, 'position'>;

/**
 * The endpoints of a provider's `models`, in their order.
 * @throws TypeError naming the invalid member, and for a provider without models, which could never respond
 */
export function resolveModels(path: string, models: unknown, defaults: EndpointDefaults): readonly UnplacedEndpoint[] {
  const endpoints = Array.isArray(models)
    ? models.map((name: unknown, index) => resolveNamed(`${path}[${index}]`, name, defaults))
    : resolveDescribed(path, models, defaults);
  if (endpoints.length > 0) return endpoints;
  throw new TypeError(`${path} must name at least one model, got none. Leave the provider out until it has one.`);
}

function resolveNamed(path: string, name: unknown, defaults: EndpointDefaults): UnplacedEndpoint {
  return resolveEndpoint(path, modelName(path, name), {}, defaults);
}

function resolveDescribed(path: string, models: unknown, defaults: EndpointDefaults): readonly UnplacedEndpoint[] {
  if (!isRecord(models)) throw optionError(path, 'must be a list of model names or an object of them', models);
  return Object.entries(models).flatMap(([name, options]) => {
    const place = `${path}[${JSON.stringify(modelName(path, name))}]`;
    if (!Array.isArray(options)) return [resolveEndpoint(place, name, options, defaults)];
    return options.map((entry: unknown, index) => resolveEndpoint(`${place}[${index}]`, name, entry, defaults));
  });
}

function resolveEndpoint(path: string, model: string, options: unknown, defaults: EndpointDefaults): UnplacedEndpoint {
  const given = ENDPOINT.parse(options, path);
  const { maxCompletionTokens, supportedParameters } = given;
  const slug = slugOf(defaults.provider.slug, given.tag ?? given.tier);
  const upstreamModel = given.upstreamModel ?? model;
  const traits = traitsOf(given);
  const facts = Object.freeze({ upstreamModel, maxCompletionTokens, traits, headers: defaults.provider.headers });
  const known = lookUpModelInfo(defaults.priceCatalog, upstreamModel, defaults.provider);
  return {
    provider: defaults.provider,
    model,
    slug,
    id: `${slug} ${model}`,
    upstreamModel,
    pricing: given.pricing ?? known?.pricing,
    contextLength: given.contextLength ?? known?.contextLength,
    maxCompletionTokens,
    facts,
    quantization: given.quantization,
    supportedParameters: supportedParameters && new Set(supportedParameters),
    expressibleParameters: expressibleBy(path, defaults.provider.format, facts, given.format),
    zdr: given.zdr ?? defaults.zdr,
    dataCollection: given.dataCollection ?? defaults.dataCollection,
    distillable: given.distillable,
    tier: given.tier,
  };
}

/** The traits for the format, with `promptCaching` as one more. */
function traitsOf({ format, promptCaching }: Parsed<typeof ENDPOINT.rows>): ModelFacts['traits'] {
  return Object.freeze({ ...format, ...(promptCaching === undefined ? {} : { promptCaching }) });
}

/** @throws TypeError for a trait that the format cannot use. */
function expressibleBy(
  path: string,
  format: WireFormat,
  facts: ModelFacts,
  traits: object = {},
): ReadonlySet<string> | undefined {
  if (Object.keys(traits).length > 0 && isOwnFormat(format) && format.exchange === undefined) {
    throw new TypeError(`${path}.format has no effect: the provider's format "${format.name}" has no traits.`);
  }
  try {
    return format.supportedParameters?.(facts);
  } catch (error) {
    if (error instanceof TypeError) throw new TypeError(`${path}.${error.message}`, { cause: error });
    throw error;
  }
}

function modelName(path: string, value: unknown): string {
  const name = text(path, value);
  if (name.includes('*')) {
    throw optionError(path, 'must be the name of one model: patterns are not supported, so list each model', value);
  }
  if (name.length > 256 || name !== name.trim()) {
    throw optionError(path, 'must be a model name of at most 256 characters without spaces around it', value);
  }
  return name;
}

/**
 * `provider`, or `provider/tag`. Without a tag, an endpoint of a tier gets the tier's name, so that the base slug never
 * names it.
 */
function slugOf(provider: string, tag: string | undefined): string {
  return tag === undefined ? provider : `${provider}/${tag}`;
}

function checkTag(path: string, value: unknown): string {
  const tag = text(path, value).toLowerCase();
  if (!TAG.test(tag)) {
    throw optionError(
      path,
      'must be the part of the slug after "provider/": letters, digits, ".", "_", "-" and inner "/"',
      value,
    );
  }
  return tag;
}

const TAG = /^[a-z0-9._-]+(?:\/[a-z0-9._-]+)*$/;

function checkQuantization(path: string, value: unknown): string {
  return oneOf(path, text(path, value).toLowerCase(), QUANTIZATIONS);
}
