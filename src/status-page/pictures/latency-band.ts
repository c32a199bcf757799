import { at, duration, largest, scaleTop } from '../markup.js';
import { path, picture } from './picture.js';

const HEIGHT = 64;

export interface Band {
  /** Top of the scale, in seconds; 0 where nothing was measured. */
  readonly top: number;
  readonly svg: string;
}

/**
 * The band from p50 to p90 over time, one column an interval, and a line along p50 with a shade below it. Where nothing was measured there is
 * a gap.
 */
export function latencyBand(p50: readonly number[], p90: readonly number[]): Band {
  const top = scaleTop(largest(p90));
  const y = (seconds: number): number => HEIGHT - (seconds / top) * (HEIGHT - 2);
  const measured = [...p50.keys()].filter((index) => !Number.isNaN(p50[index]!));
  const band = measured
    .map((index) => `M${index} ${at(y(p90[index]!))}h1V${at(Math.min(HEIGHT, y(p50[index]!) + 1))}h-1z`)
    .join('');
  const below = measured.map((index) => `M${index} ${at(y(p50[index]!))}h1V${HEIGHT}h-1z`).join('');
  const line = steps(measured, (index) => at(y(p50[index]!)));
  const last = measured.at(-1);
  const label =
    last === undefined
      ? 'No response yet.'
      : `Time to first token: half of the responses within ${duration(p50[last]!)}, nine of ten within ${duration(p90[last]!)}.`;
  const grid = path('grid', `M0 2H${p50.length}M0 ${HEIGHT / 2 + 1}H${p50.length}`);
  return {
    top: last === undefined ? 0 : top,
    svg: picture(
      'band',
      label,
      { width: p50.length, height: HEIGHT },
      grid + path('below', below) + path('p90', band) + path('p50', line),
    ),
  };
}

/** A line with one level per column, joined where columns are neighbours. */
function steps(columns: readonly number[], level: (column: number) => string): string {
  const isNext = (position: number): boolean => columns[position - 1] === columns[position]! - 1;
  return columns
    .map((column, position) => (isNext(position) ? `V${level(column)}h1` : `M${column} ${level(column)}h1`))
    .join('');
}
