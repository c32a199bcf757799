import type { RoutableEndpoint } from '../endpoint.js';

/**
 * Moves one endpoint, drawn at random, to the front. The weight is 1 / price²: half the price means four times the
 * share. Free endpoints share evenly; without any known price nothing is drawn.
 * @param endpoints - cheapest first
 * @param draw - returns a number in [0, 1); called only if there is something to draw
 */
export function balance(endpoints: readonly RoutableEndpoint[], draw: () => number): readonly RoutableEndpoint[] {
  const index = drawIndex(endpoints, draw);
  const drawn = endpoints[index];
  return index === 0 || drawn === undefined ? endpoints : [drawn, ...endpoints.toSpliced(index, 1)];
}

function drawIndex(endpoints: readonly RoutableEndpoint[], draw: () => number): number {
  const cheapest = endpoints[0]?.rankingPrice;
  if (endpoints.length < 2 || cheapest === undefined || cheapest === Number.POSITIVE_INFINITY) return 0;
  if (cheapest === 0) return Math.floor(draw() * freeCount(endpoints));
  let total = 0;
  for (const endpoint of endpoints) total += weight(endpoint, cheapest);
  let rest = draw() * total;
  let last = 0;
  for (const [index, endpoint] of endpoints.entries()) {
    const share = weight(endpoint, cheapest);
    if (share === 0) continue;
    last = index;
    rest -= share;
    if (rest < 0) break;
  }
  return last;
}

/** The weight relative to the cheapest endpoint, so that small prices do not underflow. 0 without a price. */
function weight({ rankingPrice }: RoutableEndpoint, cheapest: number): number {
  const ratio = cheapest / rankingPrice;
  return ratio * ratio;
}

function freeCount(endpoints: readonly RoutableEndpoint[]): number {
  const priced = endpoints.findIndex(({ rankingPrice }) => rankingPrice > 0);
  return priced === -1 ? endpoints.length : priced;
}
