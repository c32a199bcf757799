import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  checkpointRouter,
  parseCheckpoint,
  type CheckpointDocument,
  type RouterDecision,
} from '../../src/router/index.js';
import { pointOf } from '../../src/router/prepare.js';
import { sample } from './sample-checkpoint.js';

interface Case {
  readonly id: string;
  readonly checkpoint: string;
  readonly embedding: number[];
  readonly reduced_embedding?: number[];
  readonly models: string[] | null;
  readonly feed_raw?: boolean;
  readonly ranking_is_unspecified?: boolean;
  readonly expect: {
    readonly error?: string;
    readonly model: string;
    readonly ranking: string[];
    readonly cluster_id: number;
    readonly cluster_distance: number;
    readonly scores: number[];
  };
}

const { cases, checkpoints } = JSON.parse(
  readFileSync(new URL('../fixtures/nordlys.json', import.meta.url), 'utf8'),
) as { cases: Case[]; checkpoints: Record<string, CheckpointDocument> };

const embed = (): number[] => [];
const routerOf = (document: CheckpointDocument, options: object = {}) =>
  checkpointRouter(document, { embed, ...options });

describe('agrees with the published core', () => {
  it.each(cases.map((row) => [row.id, row] as const))('%s', (_, row) => {
    const router = routerOf(checkpoints[row.checkpoint]!);
    const decide = () => router.decide(row.embedding, { models: row.models, reduced: row.feed_raw });
    if (row.expect.error !== undefined) return expect(decide).toThrow(TypeError);
    agrees(decide(), row);
    if (row.reduced_embedding !== undefined) agrees(router.decide(row.reduced_embedding), row);
  });
});

it('a vector of another length is refused before it is reduced', () => {
  const checkpoint = parseCheckpoint(Object.values(checkpoints).find(({ reduction }) => reduction !== null));
  const { inputs } = checkpoint.reduction!;
  expect(pointOf(checkpoint, Array<number>(inputs).fill(0))).toHaveLength(checkpoint.dimension);
  for (const length of [0, inputs - 1, inputs + 1, checkpoint.dimension])
    expect(() => pointOf(checkpoint, Array<number>(length).fill(0))).toThrow(`gave ${length} numbers`);
});

function agrees(decision: RouterDecision, { expect: expected, ranking_is_unspecified: isOpen }: Case): void {
  expect(decision.cluster).toBe(expected.cluster_id);
  expect(Math.abs(decision.distance - expected.cluster_distance)).toBeLessThan(1e-5);
  expect(decision.scores).toEqual(expected.scores);
  if (isOpen === true) {
    expect(decision.ranking.toSorted()).toEqual(expected.ranking.toSorted());
  } else {
    expect(decision.model).toBe(expected.model);
    expect(decision.ranking).toEqual(expected.ranking);
  }
}

describe('a decision', () => {
  const withScores = (...scores: number[]): CheckpointDocument => ({
    ...sample,
    cluster_centers: [[0]],
    clustering: { n_clusters: 1 },
    metrics: null,
    models: scores.map((score, index) => ({ model_id: `m${index}`, scores: [score] })),
  });

  it('keeps checkpoint order among equal scores, however many', () => {
    const router = routerOf(withScores(...Array<number>(40).fill(0.5)));
    expect(router.decide([0]).ranking).toEqual(Array.from({ length: 40 }, (_, index) => `m${index}`));
  });

  it('compares scores as float32', () => {
    expect(routerOf(withScores(0.1, 0.1000000000001)).decide([0]).ranking).toEqual(['m0', 'm1']);
    expect(routerOf(withScores(0.1, 0.1000001)).decide([0]).ranking).toEqual(['m1', 'm0']);
  });

  it('ignores unknown and repeated names, and the order of names', () => {
    const router = routerOf(withScores(0.1, 0.2, 0.3));
    expect(router.decide([0], { models: ['m1', 'unknown', 'm0', 'm1'] }).ranking).toEqual(['m1', 'm0']);
    expect(router.decide([0], { models: ['M1'] })).toMatchObject({ model: '', ranking: [], cluster: 0 });
  });

  it('uses the lowest of equally near centroids, with the exact distance', () => {
    const router = routerOf({
      ...sample,
      cluster_centers: [
        [3, 0],
        [-3, 0],
      ],
    });
    expect(router.decide([0, 4])).toMatchObject({ cluster: 0, distance: 5 });
  });

  it('does not scale a vector to unit length', () => {
    expect(routerOf({ ...sample, clustering: { n_clusters: 2 } }).decide([10, 0]).distance).toBe(9);
  });

  it.each([
    ['a wrong length', [1], {}, /2 numbers.*got 1/],
    ['NaN', [Number.NaN, 0], {}, /near no centroid/],
    ['numbers whose squares exceed float32', [3e30, 0], {}, /near no centroid/],
    ['an empty list of models', [1, 0], { models: [] }, /at least one model/],
    ['a wrong length before an empty list', [1], { models: [] }, /2 numbers/],
  ])('refuses %s', (_, vector, options, message) => {
    expect(() => routerOf(sample).decide(vector, options)).toThrow(message);
  });

  it('finds the nearest of many wide centroids', () => {
    const width = 133;
    const centers = Array.from({ length: 50 }, (_, row) =>
      Array.from({ length: width }, (_, column) => Math.sin(row * 7 + column * row)),
    );
    const router = routerOf({
      ...sample,
      cluster_centers: centers,
      clustering: { n_clusters: 50 },
      metrics: null,
      models: [{ model_id: 'm', scores: Array<number>(50).fill(0.5) }],
    });
    for (const [index, center] of centers.entries()) expect(router.decide(center)).toMatchObject({ cluster: index });
  });
});

describe('cost', () => {
  const costs = { 'acme/small': 0.001, large: 0.011 };

  it.each([
    [0, 'large'],
    [60, 'large'],
    // 0.65 of score against 0.01 USD: from 65 on, money wins.
    [70, 'acme/small'],
  ])('tradeOff %s: the larger, the cheaper', (tradeOff, model) => {
    expect(routerOf(sample, { tradeOff }).decide([0, 1], { costs }).model).toBe(model);
  });

  it.each([
    [0.1, [1, 0], 'acme/small'],
    [0.64, [0, 1], 'large'],
    [0.65, [0, 1], 'acme/small'],
  ])('maxQualityLoss %s: the cheapest within it', (maxQualityLoss, vector, model) => {
    expect(routerOf(sample, { maxQualityLoss }).decide(vector, { costs }).model).toBe(model);
  });

  it('counts a model without a price as the dearest', () => {
    const router = routerOf(sample, { tradeOff: 1_000 });
    expect(router.decide([1, 0], { costs: { large: 0.001 } }).model).toBe('acme/small');
    expect(router.decide([0, 1], { costs: { large: 0.001 } }).model).toBe('large');
  });

  it.each([
    [{ tradeOff: -1 }, /tradeOff must be a number, 0 or more/],
    [{ tradeOff: '1' }, /tradeOff must be/],
    [{ maxQualityLoss: Number.NaN }, /maxQualityLoss must be/],
    [{ tradeOff: 1, maxQualityLoss: 0.1 }, /give one of them/],
    [{ tradeoff: 1 }, /Did you mean "tradeOff"/],
    [{ models: { unknown: 'm' } }, /"unknown", which is no model of the checkpoint/],
    [{ embed: undefined }, /made with "test"/],
  ])('refuses %o', (options, message) => {
    expect(() => routerOf(sample, options)).toThrow(message);
  });
});
