import { isRecord } from '../util/json-object.js';
import type { Caller } from '../contracts/caller.js';
import type { CallerPolicy } from '../contracts/limits.js';
import type { Endpoint } from '../contracts/routing.js';
import { optionError } from '../options/checks.js';
import { defineOptions, type RowsFor } from '../options/group.js';
import { deferred, flag, nested, numeric, wordList } from '../options/rows.js';
import type { OptionRow } from '../options/row.js';
import { type PriceCaps, withinCaps } from './plan/price.js';

/** The policy of a caller, which applies to its requests, to plans and to the list of models. */
export interface ResolvedPolicy {
  allowsModel(model: string): boolean;
  allowsProvider(endpoint: Endpoint): boolean;
  readonly caps: PriceCaps | undefined;
  readonly zdr: boolean;
}

export const MAX_PRICE = defineOptions({
  path: 'policy.maxPrice',
  rows: {
    prompt: cap('Per million prompt tokens.'),
    completion: cap('Per million completion tokens.'),
    request: cap('Per request.'),
    image: cap('Per image of the prompt.'),
  } satisfies RowsFor<NonNullable<CallerPolicy['maxPrice']>>,
});

/** Read with the first request of a caller. A misspelt restriction is an error, because it must not be ignored. */
export const POLICY = defineOptions({
  path: 'policy',
  rows: {
    models: wordList('Names of models that the caller may use; `*` matches any part of a name.').defaultsTo('all'),
    providers: wordList('Slugs of providers or endpoints that the caller may use.').defaultsTo('all'),
    maxPrice: nested(MAX_PRICE, 'The most that an endpoint may charge, in USD.'),
    zdr: flag('Only endpoints that retain no data.').or(false),
    limits: deferred('a list of rules', "Rules of this caller alone, counted for the caller's id."),
  } satisfies RowsFor<CallerPolicy>,
});

function cap(text: string): OptionRow<number> {
  return numeric('a number of USD, 0 or more', (price) => price >= 0, text);
}

/** Resolved policies by the object that `verifyKey` or `caller` returned, so that each object is read once. */
const resolved = new WeakMap<object, ResolvedPolicy>();

/** The policy of `caller`; `undefined` without one. @throws TypeError for an invalid policy */
export function policyOf(caller: Caller | undefined): ResolvedPolicy | undefined {
  const policy = caller?.['policy'];
  if (policy === undefined || policy === null) return undefined;
  if (!isRecord(policy)) throw optionError('policy', 'must be an object', policy);
  let known = resolved.get(policy);
  if (known === undefined) {
    known = resolvePolicy(policy);
    resolved.set(policy, known);
  }
  return known;
}

/** Whether some request may reach `endpoint`. */
export function allows(policy: ResolvedPolicy, endpoint: Endpoint): boolean {
  return (
    policy.allowsModel(endpoint.model) &&
    policy.allowsProvider(endpoint) &&
    (policy.caps === undefined || withinCaps(endpoint.pricing, policy.caps)) &&
    (!policy.zdr || endpoint.zdr)
  );
}

function resolvePolicy(policy: Record<string, unknown>): ResolvedPolicy {
  const { models, providers, maxPrice, zdr } = POLICY.parse(policy);
  const patterns = models?.map(patternOf);
  const slugs = providers && new Set(providers.map((slug) => slug.toLowerCase()));
  return {
    allowsModel: (model) => patterns === undefined || patterns.some((pattern) => pattern.test(model)),
    allowsProvider: ({ slug, provider }) => slugs === undefined || slugs.has(slug) || slugs.has(provider.slug),
    caps: maxPrice,
    zdr,
  };
}

/** `*` matches any part of a name. */
function patternOf(glob: string): RegExp {
  const parts = glob.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`);
}
