import type { ResolvedProvider } from '../../contracts/routing.js';
import type { RoutableEndpoint } from '../endpoint.js';
import { optionError, formatValue } from '../../options/checks.js';
import { didYouMean } from '../../options/suggest.js';

export type SortBy = 'price' | 'throughput' | 'latency';

/** One model that a name in a request represents. */
export interface ModelChoice {
  readonly model: string;
  /** The only provider that may serve it, from `provider:model`. */
  readonly pin: string | undefined;
  /** From `:nitro` or `:floor`. */
  readonly variant: Variant | undefined;
}

/** Meaning of a suffix: an order, and the tier whose endpoints are admitted. */
interface Variant {
  readonly sort: SortBy;
  readonly admits: 'flex' | 'priority';
}

const VARIANTS: ReadonlyMap<string, Variant> = new Map<string, Variant>([
  [':nitro', { sort: 'throughput', admits: 'priority' }],
  [':floor', { sort: 'price', admits: 'flex' }],
]);

/** Resolves the model names in requests. */
export interface ModelNames {
  readonly aliases: ReadonlyMap<string, readonly ModelChoice[]>;
  readonly defaultChoices: readonly ModelChoice[] | undefined;
  /** A choice for each model, in table order. */
  readonly every: readonly ModelChoice[];
  /** The choices that `name` represents; `undefined` for an unknown name. */
  choicesFor(name: string): readonly ModelChoice[] | undefined;
  /** Whether `name` leaves the choice of the model to the gateway. */
  isAuto(name: string): boolean;
  /** All known names, for suggestions. */
  known(): Iterable<string>;
}

type Models = ReadonlyMap<string, readonly RoutableEndpoint[]>;
type NameReader = (name: string) => readonly ModelChoice[] | undefined;

interface NameOptions {
  readonly aliases: ReadonlyMap<string, readonly string[]> | undefined;
  readonly defaultModel: string | undefined;
  readonly autoModels: readonly string[];
}

/**
 * The names of `models` under `options`.
 * @throws TypeError if an alias or the default model names an unknown model
 */
export function resolveModelNames(
  options: NameOptions,
  models: Models,
  providers: ReadonlyMap<string, ResolvedProvider>,
): ModelNames {
  const plain = new Map([...models.keys()].map((model) => [model, Object.freeze([choice(model)])]));
  const aliases = resolveAliases(options.aliases, models, nameReader(plain, models, providers));
  const named: ReadonlyMap<string, readonly ModelChoice[]> = new Map([...plain, ...aliases]);
  const choicesFor = nameReader(named, models, providers);
  const autoModels = new Set(options.autoModels);
  return Object.freeze({
    aliases,
    defaultChoices: resolveDefaultModel(options.defaultModel, choicesFor, named.keys()),
    every: [...plain.values()].flat(),
    choicesFor,
    // A model or an alias takes precedence over an auto name.
    isAuto: (name: string) => autoModels.has(name) && !named.has(name),
    known: () => named.keys(),
  });
}

/**
 * Reads a name: first as a whole, because names may contain colons; then without its suffix; then as `provider:model`.
 */
function nameReader(
  named: ReadonlyMap<string, readonly ModelChoice[]>,
  models: Models,
  providers: ReadonlyMap<string, ResolvedProvider>,
): NameReader {
  const pinned = (name: string) => {
    const colon = name.indexOf(':');
    const pin = name.slice(0, Math.max(colon, 0)).toLowerCase();
    const model = name.slice(colon + 1);
    return providers.has(pin) && models.has(model) ? [{ ...choice(model), pin }] : undefined;
  };
  return function choicesFor(name) {
    const whole = named.get(name);
    if (whole !== undefined) return whole;
    const suffixAt = name.lastIndexOf(':');
    const variant = suffixAt < 0 ? undefined : VARIANTS.get(name.slice(suffixAt));
    if (variant === undefined) return pinned(name);
    const bare = name.slice(0, suffixAt);
    return (named.get(bare) ?? pinned(bare))?.map(({ model, pin }) => ({ model, pin, variant }));
  };
}

function resolveAliases(
  configured: NameOptions['aliases'] = new Map(),
  models: Models,
  read: NameReader,
): ReadonlyMap<string, readonly ModelChoice[]> {
  const aliases = new Map<string, readonly ModelChoice[]>();
  for (const [alias, names] of configured) {
    const path = `aliases[${JSON.stringify(alias)}]`;
    if (models.has(alias)) throw optionError(path, 'is already the name of a model');
    aliases.set(alias, Object.freeze(names.flatMap((name) => read(name) ?? fail(path, name, models.keys()))));
  }
  return aliases;
}

function resolveDefaultModel(
  name: string | undefined,
  read: NameReader,
  known: Iterable<string>,
): ModelNames['defaultChoices'] {
  return name === undefined ? undefined : (read(name) ?? fail('defaultModel', name, known));
}

function fail(path: string, name: string, known: Iterable<string>): never {
  throw new TypeError(`${path}: no provider has ${formatValue(name)}.${didYouMean(name, known)}`);
}

function choice(model: string): ModelChoice {
  return Object.freeze({ model, pin: undefined, variant: undefined });
}
