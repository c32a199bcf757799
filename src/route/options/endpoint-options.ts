import type { Endpoint, ResolvedProvider } from '../../contracts/routing.js';
import {
  anyMembers,
  knownMembers,
  optionalBoolean,
  optionalCount,
  optionalList,
  optionalOneOf,
  optionalText,
  optionError,
  text,
} from '../../options/checks.js';
import type { ModelFacts, WireFormat } from '../../contracts/wire-format.js';
import type { PriceCatalog } from '../../options/types.js';
import { lookUpModelInfo } from './price-catalog.js';
import { resolvePricing } from '../pricing-options.js';
import { QUANTIZATIONS } from '../plan/quantization.js';
import { isRecord } from '../../util/json-object.js';

const MEMBERS = [
  'tag',
  'upstreamModel',
  'pricing',
  'contextLength',
  'maxCompletionTokens',
  'format',
  'promptCaching',
  'quantization',
  'supportedParameters',
  'zdr',
  'dataCollection',
  'distillable',
  'tier',
] as const;

/** What is said of a provider holds for its endpoints unless they say otherwise. */
interface EndpointDefaults {
  readonly provider: ResolvedProvider;
  readonly zdr: boolean;
  readonly dataCollection: 'allow' | 'deny';
  /** Fills in prices and limits that are not declared. */
  readonly priceCatalog: PriceCatalog | undefined;
}

/** An endpoint that has no place in the table yet. */
type UnplacedEndpoint = Omit<Endpoint, 'position'>;

/** The endpoints that a provider's `models` describe, in the order they are written. */
export function resolveModels(path: string, models: unknown, defaults: EndpointDefaults): readonly UnplacedEndpoint[] {
  if (Array.isArray(models)) {
    return models.map((name: unknown, index) =>
      resolveEndpoint(`${path}[${index}]`, modelName(`${path}[${index}]`, name), {}, defaults),
    );
  }
  if (!isRecord(models)) throw optionError(path, 'must be a list of model names or an object of them', models);
  return Object.entries(models).flatMap(([name, options]) => {
    const place = `${path}[${JSON.stringify(modelName(path, name))}]`;
    if (!Array.isArray(options)) return [resolveEndpoint(place, name, options, defaults)];
    return options.map((entry: unknown, index) => resolveEndpoint(`${place}[${index}]`, name, entry, defaults));
  });
}

function resolveEndpoint(path: string, model: string, options: unknown, defaults: EndpointDefaults): UnplacedEndpoint {
  const members = knownMembers(path, options, MEMBERS);
  const tier = optionalOneOf(`${path}.tier`, members['tier'], ['flex', 'priority']);
  const slug = slugOf(defaults.provider.slug, resolveTag(`${path}.tag`, members['tag']) ?? tier);
  const supported = optionalList(`${path}.supportedParameters`, members['supportedParameters']);
  const upstreamModel = optionalText(`${path}.upstreamModel`, members['upstreamModel']) ?? model;
  const maxCompletionTokens = optionalCount(`${path}.maxCompletionTokens`, members['maxCompletionTokens'], 'tokens');
  const traits = resolveTraits(path, members);
  const facts = Object.freeze({ upstreamModel, maxCompletionTokens, traits, headers: defaults.provider.headers });
  const known = lookUpModelInfo(defaults.priceCatalog, upstreamModel, defaults.provider);
  return {
    provider: defaults.provider,
    model,
    slug,
    id: `${slug} ${model}`,
    upstreamModel,
    pricing: resolvePricing(`${path}.pricing`, members['pricing']) ?? known?.pricing,
    contextLength: optionalCount(`${path}.contextLength`, members['contextLength'], 'tokens') ?? known?.contextLength,
    maxCompletionTokens,
    facts,
    quantization: resolveQuantization(`${path}.quantization`, members['quantization']),
    supportedParameters: supported === undefined ? undefined : new Set(supported),
    expressibleParameters: expressibleBy(path, defaults.provider.format, facts),
    zdr: optionalBoolean(`${path}.zdr`, members['zdr']) ?? defaults.zdr,
    dataCollection:
      optionalOneOf(`${path}.dataCollection`, members['dataCollection'], ['allow', 'deny']) ?? defaults.dataCollection,
    distillable: optionalBoolean(`${path}.distillable`, members['distillable']) ?? false,
    tier,
  };
}

/** `promptCaching` is one more trait: the formats that know it read it there. */
function resolveTraits(path: string, members: Readonly<Record<string, unknown>>): ModelFacts['traits'] {
  const promptCaching = resolvePromptCaching(`${path}.promptCaching`, members['promptCaching']);
  return Object.freeze({
    ...anyMembers(`${path}.format`, members['format'] ?? {}),
    ...(promptCaching === undefined ? {} : { promptCaching }),
  });
}

function resolvePromptCaching(path: string, value: unknown): boolean | 'auto' | undefined {
  if (value === undefined || value === null) return undefined;
  if (value === 'auto' || typeof value === 'boolean') return value;
  throw optionError(path, 'must be "auto", true or false', value);
}

/** @throws TypeError for a trait that the format cannot use. */
function expressibleBy(path: string, format: WireFormat, facts: ModelFacts): ReadonlySet<string> | undefined {
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
    throw optionError(
      path,
      'must be the name of one model: patterns are not supported, name each that may be asked for',
      value,
    );
  }
  if (name.length > 256 || name !== name.trim()) {
    throw optionError(path, 'must be a model name of at most 256 characters without spaces around it', value);
  }
  return name;
}

/** Without a tag a tier's endpoint takes the tier's name: a base slug must never reach it. */
function slugOf(provider: string, tag: string | undefined): string {
  return tag === undefined ? provider : `${provider}/${tag}`;
}

function resolveTag(path: string, value: unknown): string | undefined {
  const tag = optionalText(path, value)?.toLowerCase();
  if (tag !== undefined && !TAG.test(tag)) {
    throw optionError(
      path,
      'must be what follows "provider/" in the slug: letters, digits, ".", "_", "-" and inner "/"',
      value,
    );
  }
  return tag;
}

const TAG = /^[a-z0-9._-]+(?:\/[a-z0-9._-]+)*$/;

function resolveQuantization(path: string, value: unknown): string {
  const level = optionalText(path, value)?.toLowerCase() ?? 'unknown';
  return optionalOneOf(path, level, QUANTIZATIONS) ?? 'unknown';
}

/** The members of one provider that its endpoints inherit. */
export function endpointDefaults(
  path: string,
  options: unknown,
  provider: ResolvedProvider,
  priceCatalog: PriceCatalog | undefined,
): EndpointDefaults {
  const members = anyMembers(path, options);
  return {
    provider,
    priceCatalog,
    zdr: optionalBoolean(`${path}.zdr`, members['zdr']) ?? false,
    dataCollection: optionalOneOf(`${path}.dataCollection`, members['dataCollection'], ['allow', 'deny']) ?? 'allow',
  };
}
