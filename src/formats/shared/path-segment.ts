import { UnsupportedRequest } from '../../contracts/wire-format.js';

/**
 * A model's name as one segment of a path: it may hold any character, and never leads to another path.
 * @throws UnsupportedRequest for a name that a path would not keep.
 */
export function pathSegment(model: string): string {
  const segment = encodeURIComponent(model.replaceAll(LONE_SURROGATE, '\u{fffd}'));
  if (segment === '' || segment === '.' || segment === '..') {
    throw new UnsupportedRequest('model', 'The model name cannot be part of a path.');
  }
  return segment;
}

/** Half a character, which has no bytes in UTF-8. */
const LONE_SURROGATE = /\p{Surrogate}/gu;
