import { at } from '../markup.js';
import { picture } from './picture.js';

/** From this share on a limit is nearly used up. */
const NEAR = 0.8;

/** A share of a whole as a bar. `limit`: the bar warns when the whole is nearly or entirely used up. */
export function meter(share: number, label: string, kind: 'limit' | 'part' = 'part'): string {
  const filled = Math.min(1, Math.max(0, share));
  const state = kind === 'part' ? 'part' : filled >= 1 ? 'full' : filled >= NEAR ? 'near' : 'ok';
  const rect = (name: string, width: number): string => `<rect class="${name}" width="${at(width)}" height="8"/>`;
  return picture(
    'meter',
    label,
    { width: 100, height: 8 },
    rect('whole', 100) + (filled > 0 ? rect(state, filled * 100) : ''),
  );
}
