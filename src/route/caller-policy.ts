import { isRecord } from '../util/json-object.js';
import type { Caller } from '../contracts/caller.js';
import { knownMembers, optionalBoolean, optionalList, optionError } from '../options/checks.js';
import type { Endpoint } from '../contracts/routing.js';
import { type PriceCaps, withinCaps } from './plan/price.js';

/** The policy of a caller, which applies to its requests, to plans and to the list of models. */
export interface ResolvedPolicy {
  allowsModel(model: string): boolean;
  allowsProvider(endpoint: Endpoint): boolean;
  readonly caps: PriceCaps | undefined;
  readonly zdr: boolean;
}

const MEMBERS = ['models', 'providers', 'maxPrice', 'zdr', 'limits'];
const PRICES = ['prompt', 'completion', 'request', 'image'] as const;

/** Resolved policies by the object that `verifyKey` or `caller` returned, so that each object is read once. */
const resolved = new WeakMap<object, ResolvedPolicy>();

/** The policy of `caller`; `undefined` without one. @throws TypeError for an invalid policy, because a misspelt restriction must not be ignored. */
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
  const members = knownMembers('policy', policy, MEMBERS);
  const patterns = optionalList('policy.models', members['models'])?.map(patternOf);
  const providers = optionalList('policy.providers', members['providers'])?.map((slug) => slug.toLowerCase());
  const named = providers === undefined ? undefined : new Set(providers);
  return {
    allowsModel: (model) => patterns === undefined || patterns.some((pattern) => pattern.test(model)),
    allowsProvider: ({ slug, provider }) => named === undefined || named.has(slug) || named.has(provider.slug),
    caps: capsOf(members['maxPrice']),
    zdr: optionalBoolean('policy.zdr', members['zdr']) ?? false,
  };
}

/** `*` matches any part of a name. */
function patternOf(glob: string): RegExp {
  const parts = glob.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`);
}

function capsOf(value: unknown): PriceCaps | undefined {
  if (value === undefined || value === null) return undefined;
  const members = knownMembers('policy.maxPrice', value, PRICES);
  const cap = (name: (typeof PRICES)[number]): number | undefined => {
    const price = members[name];
    if (price === undefined || price === null) return undefined;
    if (typeof price === 'number' && price >= 0) return price;
    throw optionError(`policy.maxPrice.${name}`, 'must be a number of USD, 0 or more', price);
  };
  return { prompt: cap('prompt'), completion: cap('completion'), request: cap('request'), image: cap('image') };
}
