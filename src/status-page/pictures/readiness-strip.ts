import { READINESS } from '../endpoint-history.js';
import { path, picture } from './picture.js';

const LABELS = {
  ready: 'ready',
  resting: 'cooling down, as its provider asked for',
  failing: 'failing often',
  probing: 'half open: probing after an outage',
  open: 'circuit breaker open',
} as const satisfies Record<(typeof READINESS)[number], string>;

/** Blocks of colour over time: how ready an endpoint was. */
export function readinessStrip(readiness: readonly number[]): string {
  const blocks = READINESS.map((state, position) => {
    const data = runs(readiness, position).map(([from, length]) => `M${from} 0h${length}v8h-${length}z`);
    return path(state, data.join(''));
  });
  const now = READINESS[readiness.at(-1) ?? 0] ?? 'ready';
  return picture('strip', `Now ${LABELS[now]}.`, { width: readiness.length, height: 8 }, blocks.join(''));
}

/** Where `value` is in a row: positions and lengths. */
function runs(values: readonly number[], value: number): [from: number, length: number][] {
  const found: [number, number][] = [];
  for (const [index, candidate] of values.entries()) {
    if (candidate !== value) continue;
    const last = found.at(-1);
    if (last !== undefined && last[0] + last[1] === index) last[1]++;
    else found.push([index, 1]);
  }
  return found;
}
