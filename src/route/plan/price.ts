import type { Pricing } from '../../contracts/routing.js';

/** Highest prices of an endpoint, inclusive: USD per million tokens, per request, per image. */
export interface PriceCaps {
  readonly prompt: number | undefined;
  readonly completion: number | undefined;
  readonly request: number | undefined;
  readonly image: number | undefined;
}

/**
 * The price by which endpoints are compared: the mean of prompt and completion price. It does not depend on the
 * request, so that the order of a plan follows from the price list alone. Endpoints without a price come last.
 */
export function rankingPrice(pricing: Pricing | undefined): number {
  return pricing === undefined ? Number.POSITIVE_INFINITY : (pricing.prompt + pricing.completion) / 2;
}

/** Whether all prices are within `caps`. An endpoint without known prices meets no cap. */
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
