import type { Endpoint } from '../contracts/routing.js';
import { didYouMean } from '../options/suggest.js';
import type { ResolvedLimits } from './limit-options.js';

/** The names of models in requests, as a router resolves them. */
export interface ServedNames {
  /** `undefined` for an unknown name. */
  choicesFor(name: string): unknown;
  isAuto(name: string): boolean;
  /** All known names, for suggestions. */
  known(): Iterable<string>;
}

/**
 * Checks that the rules can be applied to a provider table.
 * @throws TypeError naming an endpoint without a price, which no budget can count, or a fallback model that no provider
 * serves
 */
export function checkEndpoints(
  { rules, unpriced }: Pick<ResolvedLimits, 'rules' | 'unpriced'>,
  endpoints: readonly Endpoint[],
  names: ServedNames,
): void {
  const budget = rules.find(({ unit }) => unit === 'usd');
  const free = endpoints.find(({ pricing }) => pricing === undefined);
  if (budget !== undefined && unpriced === undefined && free !== undefined) {
    throw new TypeError(
      `limits: the rule "${budget.name}" counts USD, and "${free.slug}" has no price for "${free.model}". Declare its pricing, look it up with priceCatalog, or say what such a request counts as: limits: { unpriced: 0.01 }.`,
    );
  }
  for (const [index, { onExceeded }] of rules.entries()) {
    if (typeof onExceeded === 'string') continue;
    const unknown = onExceeded.models.find((name) => names.choicesFor(name) === undefined && !names.isAuto(name));
    if (unknown === undefined) continue;
    const hint = didYouMean(unknown, names.known());
    throw new TypeError(`limits.rules[${index}].onExceeded.models: no provider has ${JSON.stringify(unknown)}.${hint}`);
  }
}
