import type { CheckpointDocument } from '../../src/router/index.js';

/** Two clusters at (1, 0) and (0, 1): `small` is best in the first, `large` in the second. */
export const sample: CheckpointDocument = {
  cluster_centers: [
    [1, 0],
    [0, 1],
  ],
  clustering: { n_clusters: 2, normalization: 'none' },
  embedding: { model: 'test' },
  models: [
    { model_id: 'acme/small', scores: [0.9, 0.3] },
    { model_id: 'large', scores: [0.8, 0.95] },
  ],
  reduction: null,
  metrics: { cluster_sizes: [10, 10] },
};

/** Lies at the second centroid where a text speaks of a proof, at the first otherwise. */
export const embedSample = (text: string): number[] => (text.includes('proof') ? [0, 1] : [1, 0]);
