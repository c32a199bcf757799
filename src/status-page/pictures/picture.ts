import { escapeText } from '../markup.js';

/**
 * An SVG picture that takes the width it is given. It holds shapes only: text is beside it in HTML, where it keeps
 * their size on a telephone. Colours come from the style sheet, by class.
 * @param label - what the picture shows, for those who cannot see it
 */
export function picture(kind: string, label: string, size: Size, shapes: string): string {
  const { width, height, fixed = false } = size;
  const box = `viewBox="0 0 ${width} ${height}" preserveAspectRatio="none"${fixed ? ` height="${height}"` : ''}`;
  return `<svg class="${kind}" role="img" aria-label="${escapeText(label)}" ${box}>${shapes}</svg>`;
}

export interface Size {
  readonly width: number;
  readonly height: number;
  /** Height in pixels; default: the height in the style sheet. */
  readonly fixed?: boolean;
}

export function path(kind: string, data: string): string {
  return data === '' ? '' : `<path class="${kind}" d="${data}"/>`;
}
