import type { Detector } from '../../contracts/guard.js';
import { optionError } from '../../options/checks.js';
import { defineOptions, type RowsFor } from '../../options/group.js';
import { count } from '../../options/rows.js';

/** How `detect.pattern` reads a stream. */
export interface PatternOptions {
  /**
   * The longest match, in characters: so much is held back at the end of a stream.
   * @defaultValue `128`
   */
  readonly window?: number | undefined;
}

export const PATTERN = defineOptions({
  path: 'detect.pattern',
  rows: {
    window: count('characters', 'The longest match: so much is held back at the end of a stream.').or(128),
  } satisfies RowsFor<PatternOptions>,
});

/**
 * Finds what `pattern` matches. In a stream the last `window` characters are held back, so a longer match is not found.
 * @throws TypeError for a type, pattern or window that is wrong.
 */
export function patternDetector(type: string, pattern: RegExp, options: PatternOptions = {}): Detector {
  if (!(pattern instanceof RegExp)) throw optionError('detect.pattern', 'must be given a regular expression', pattern);
  if (pattern.sticky) throw optionError('detect.pattern', 'must not have the flag y');
  const { window } = PATTERN.parse(options);
  const search = new RegExp(pattern.source, pattern.global ? pattern.flags : `${pattern.flags}g`);
  return {
    type,
    version: `${String(pattern)} ${window}`,
    find(text, from, final) {
      const heldFrom = final ? text.length : Math.max(from, text.length - window);
      search.lastIndex = from;
      for (let match = search.exec(text); match !== null; match = search.exec(text)) {
        if (match.index > heldFrom) break;
        const end = match.index + match[0].length;
        // A match at the end of the text may grow with the next chunk.
        if (end === text.length && !final && match[0].length < window) return { start: match.index, end: undefined };
        if (match[0] !== '') return { start: match.index, end };
        search.lastIndex++;
      }
      return heldFrom < text.length ? { start: heldFrom, end: undefined } : undefined;
    },
  };
}
