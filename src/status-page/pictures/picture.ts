import { escapeText } from '../markup.js';

/**
 * An SVG picture that takes the width it is given. It holds shapes only: words stand beside it in HTML, where they keep
 * their size on a telephone. Colours come from the style sheet, by class.
 * @param says - what the picture shows, for those who cannot see it
 */
export function picture(kind: string, says: string, size: Size, shapes: string): string {
  const { width, height, fixed = false } = size;
  const box = `viewBox="0 0 ${width} ${height}" preserveAspectRatio="none"${fixed ? ` height="${height}"` : ''}`;
  return `<svg class="${kind}" role="img" aria-label="${escapeText(says)}" ${box}>${shapes}</svg>`;
}

export interface Size {
  readonly width: number;
  readonly height: number;
  /** So many pixels high; otherwise as high as the style sheet says. */
  readonly fixed?: boolean;
}

export function path(kind: string, data: string): string {
  return data === '' ? '' : `<path class="${kind}" d="${data}"/>`;
}
