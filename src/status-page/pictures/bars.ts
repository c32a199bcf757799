import { at, escapeText, largest, scaleTop } from '../markup.js';
import { path, picture } from './picture.js';

const HEIGHT = 80;

export interface Bars {
  /** Top of the scale; 0 where there is nothing. */
  readonly top: number;
  readonly svg: string;
}

/**
 * Amounts per minute over time, one bar an interval; several kinds are stacked.
 * @param tip - text under the pointer for a bar that is not empty, by its position
 */
export function bars(
  kinds: Readonly<Record<string, readonly number[]>>,
  label: string,
  tip?: (index: number) => string,
): Bars {
  const rows = Object.entries(kinds);
  const length = rows[0]?.[1].length ?? 0;
  const totals = Array.from({ length }, (_, index) => rows.reduce((sum, [, values]) => sum + (values[index] || 0), 0));
  const most = largest(totals);
  const top = scaleTop(most);
  const floor = new Float64Array(length).fill(HEIGHT);
  const shapes = rows.map(([kind, values]) => {
    const data = values.map((value, index) => {
      const height = ((value || 0) / top) * (HEIGHT - 2);
      if (height === 0) return '';
      floor[index]! -= height;
      return `M${index + 0.1} ${at(floor[index]!)}h.8v${at(height)}h-.8z`;
    });
    return path(kind, data.join(''));
  });
  const grid = path('grid', `M0 2H${length}M0 ${HEIGHT / 2 + 1}H${length}`);
  const hits = tip === undefined ? [] : totals.map((total, index) => (total > 0 ? hit(index, tip(index)) : ''));
  return {
    top: most === 0 ? 0 : top,
    svg: picture('bars', label, { width: length, height: HEIGHT }, grid + shapes.join('') + hits.join('')),
  };
}

/** A column that shows `words` under the pointer. */
function hit(index: number, words: string): string {
  return `<path class="hit" d="M${index} 0h1v${HEIGHT}h-1z"><title>${escapeText(words)}</title></path>`;
}
