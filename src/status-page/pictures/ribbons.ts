import { at } from '../markup.js';
import { path, picture } from './picture.js';

/** Pixels of one row; the style sheet has the same number. */
const ROW_HEIGHT = 40;
/** Thickness of all traffic together, in pixels. */
const STREAM = 34;

/** Where a part of the traffic went. */
export interface Flow {
  readonly kind: 'responded' | 'failed' | 'cached';
  readonly row: number;
  readonly amount: number;
}

/** Ribbons from one source on the left to a row each on the right, as wide as their share. */
export function ribbons(flows: readonly Flow[], rows: number, label: string): string {
  const height = rows * ROW_HEIGHT;
  const size = { width: 100, height, fixed: true };
  const total = flows.reduce((sum, { amount }) => sum + amount, 0);
  if (total === 0) return picture('ribbons', 'No traffic yet.', size, '');
  let left = (height - STREAM) / 2;
  const filled = new Map<number, number>();
  const shapes = flows.map(({ kind, row, amount }) => {
    const width = (amount / total) * STREAM;
    const inRow = flows.filter((flow) => flow.row === row).reduce((sum, flow) => sum + flow.amount, 0);
    const used = filled.get(row) ?? 0;
    const right = (row + 0.5) * ROW_HEIGHT + (used - inRow / 2) * (STREAM / total);
    filled.set(row, used + amount);
    const shape = band(left, right, width);
    left += width;
    return path(kind, amount === 0 ? '' : shape);
  });
  return picture('ribbons', label, size, shapes.join(''));
}

function band(left: number, right: number, width: number): string {
  const there = `M0 ${at(left)}C50 ${at(left)} 50 ${at(right)} 100 ${at(right)}`;
  const back = `V${at(right + width)}C50 ${at(right + width)} 50 ${at(left + width)} 0 ${at(left + width)}z`;
  return there + back;
}
