import { at } from '../markup.js';
import { picture } from './picture.js';

const RADIUS = 40;
const AROUND = 2 * Math.PI * RADIUS;

/** A share as a part of a circle. */
export function ring(share: number, label: string): string {
  const circle = (kind: string, more: string): string =>
    `<circle class="${kind}" cx="50" cy="50" r="${RADIUS}"${more}/>`;
  const part = ` stroke-dasharray="${at(share * AROUND)} ${at(AROUND)}" transform="rotate(-90 50 50)"`;
  return picture(
    'ring',
    label,
    { width: 100, height: 100 },
    circle('whole', '') + (share > 0 ? circle('part', part) : ''),
  );
}
