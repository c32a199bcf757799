import { at, duration, largest, scaleTop } from '../markup.js';
import { path, picture } from './picture.js';

const HEIGHT = 64;

export interface Band {
  /** Top of the scale, in seconds; 0 where nothing was measured. */
  readonly top: number;
  readonly svg: string;
}

/** The band from p50 to p90 over time, one column an interval. Where nothing was measured there is a gap. */
export function latencyBand(p50: readonly number[], p90: readonly number[]): Band {
  const top = scaleTop(largest(p90));
  const y = (seconds: number): number => HEIGHT - (seconds / top) * (HEIGHT - 2);
  const measured = [...p50.keys()].filter((index) => !Number.isNaN(p50[index]!));
  const band = measured
    .map((index) => `M${index} ${at(y(p90[index]!))}h1V${at(Math.min(HEIGHT, y(p50[index]!) + 1))}h-1z`)
    .join('');
  const middle = measured.map((index) => `M${index} ${at(y(p50[index]!))}h1`).join('');
  const last = measured.at(-1);
  const says =
    last === undefined
      ? 'No answer yet.'
      : `Time to first token: half of the answers within ${duration(p50[last]!)}, nine of ten within ${duration(p90[last]!)}.`;
  const grid = path('grid', `M0 ${HEIGHT / 2}H${p50.length}`);
  return {
    top: last === undefined ? 0 : top,
    svg: picture('band', says, { width: p50.length, height: HEIGHT }, grid + path('p90', band) + path('p50', middle)),
  };
}
