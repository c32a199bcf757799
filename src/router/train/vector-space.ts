import type { Points } from './kmeans.js';
import type { Space } from './hashing-space.js';

/** The space of an embedder's own vectors: nothing to fit. */
export function vectorSpace(vectors: readonly Float32Array[], rows: Int32Array): Space {
  const width = vectors[0]!.length;
  const locate = (wanted: Int32Array): Points => {
    const data = new Float32Array(wanted.length * width);
    for (const [position, row] of wanted.entries()) data.set(vectors[row]!, position * width);
    return { width, data };
  };
  return { name: 'vectors', parameters: undefined, fitted: locate(rows), locate };
}
