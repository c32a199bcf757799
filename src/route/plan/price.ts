import type { Pricing } from '../../contracts/routing.js';

/** Caps on what an endpoint may charge: USD per million tokens, per request, per image. All inclusive. */
export interface PriceCaps {
  readonly prompt: number | undefined;
  readonly completion: number | undefined;
  readonly request: number | undefined;
  readonly image: number | undefined;
}

/**
 * The one number that endpoints are compared by: the mean of prompt and completion price. It does not depend on the
 * request, so the order of a plan can be told from the price list alone. Without a price an endpoint comes last.
 */
export function rankingPrice(pricing: Pricing | undefined): number {
  return pricing === undefined ? Number.POSITIVE_INFINITY : (pricing.prompt + pricing.completion) / 2;
}

/** Whether every cap holds. An endpoint whose prices nobody knows may cost anything, so it meets no cap. */
export function withinCaps(pricing: Pricing | undefined, caps: PriceCaps): boolean {
  if (pricing === undefined) return false;
  return (
    within(pricing.prompt, caps.prompt) &&
    within(pricing.completion, caps.completion) &&
    within(pricing.request, caps.request) &&
    within(pricing.image, caps.image)
  );
}

function within(price: number, cap: number | undefined): boolean {
  return cap === undefined || price <= cap;
}
