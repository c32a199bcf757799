import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from '@msgpack/msgpack';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkpointRouter, decodeCheckpoint, parseCheckpoint, readCheckpoint } from '../../src/router/index.js';
import { sample } from './sample-checkpoint.js';

const with_ = (changes: object): unknown => ({ ...sample, ...changes });
const without = (member: keyof typeof sample): unknown =>
  Object.fromEntries(Object.entries(sample).filter(([key]) => key !== member));

describe('a checkpoint', () => {
  it('loads, and unknown members do not matter', () => {
    expect(parseCheckpoint({ ...sample, later: 1 })).toMatchObject({
      clusters: 2,
      dimension: 2,
      normalization: 'none',
    });
    expect(parseCheckpoint(with_({ clustering: { n_clusters: 2 } })).normalization).toBe('l2');
    expect(parseCheckpoint(without('metrics')).models.map(({ id }) => id)).toEqual(['acme/small', 'large']);
    expect(parseCheckpoint(with_({ metrics: {} })).clusters).toBe(2);
  });

  const [first, second] = sample.models;
  it.each([
    ['no object', [], /must be an object/],
    ['no embedding', without('embedding'), /embedding is missing/],
    ['an embedding without a model', with_({ embedding: {} }), /embedding\.model is missing/],
    ['null for a string', with_({ embedding: { model: null } }), /embedding\.model must be a string, got null/],
    [
      'a string for a flag',
      with_({ embedding: { model: 'x', trust_remote_code: 'yes' } }),
      /trust_remote_code must be true or false/,
    ],
    ['no clustering', without('clustering'), /clustering is missing/],
    ['no count', with_({ clustering: {} }), /clustering\.n_clusters is missing/],
    ['a numeric string', with_({ clustering: { n_clusters: '2' } }), /n_clusters must be a finite number, got "2"/],
    ['a negative count', with_({ clustering: { n_clusters: -1 } }), /n_clusters must be above 0/],
    [
      'another count',
      with_({ clustering: { n_clusters: 3 } }),
      /cluster_centers must have clustering\.n_clusters \(3\) rows, got 2/,
    ],
    ['no reduction', without('reduction'), /reduction is missing/],
    ['UMAP', with_({ reduction: { kind: 'umap' } }), /"umap" cannot be run.*PCA/],
    ['another reduction', with_({ reduction: { kind: 'svd' } }), /reduction\.kind must be "pca"/],
    ['a reduction of no kind', with_({ reduction: { kind: '' } }), /reduction\.kind must be a non-empty string/],
    ['no centroids', without('cluster_centers'), /cluster_centers is missing/],
    [
      'rows of two lengths',
      with_({ cluster_centers: [[1, 0], [1]] }),
      /cluster_centers\[1\] must have 2 numbers, got 1/,
    ],
    ['a centroid of nothing', with_({ cluster_centers: [[], []] }), /cluster_centers\[0\] must hold at least one/],
    [
      'text in a centroid',
      with_({
        cluster_centers: [
          [1, 0],
          [0, 'x'],
        ],
      }),
      /cluster_centers\[1\]\[1\] must be a finite number/,
    ],
    ['no models', with_({ models: [] }), /models must hold at least one/],
    ['a model without an id', with_({ models: [{ scores: [1, 1] }] }), /models\[0\]\.model_id is missing/],
    [
      'too few scores',
      with_({ models: [first, { ...second, scores: [1] }] }),
      /models\[1\]\.scores must have 2 numbers, got 1/,
    ],
    [
      'a score above 1',
      with_({ models: [{ ...first, scores: [0, 1.1] }] }),
      /models\[0\]\.scores\[1\] must be between 0 and 1, got 1\.1/,
    ],
    [
      'a score that is NaN',
      with_({ models: [{ ...first, scores: [0, Number.NaN] }] }),
      /scores\[1\] must be a finite number/,
    ],
    ['metrics of another type', with_({ metrics: 'none' }), /metrics must be an object/],
    [
      'a projection of another size',
      with_({ nordlys_proxy: { hashing: { buckets: 4, columns: 3 } } }),
      /hashing\.columns must be 2/,
    ],
  ])('with %s is refused, and the place is named', (_, document, message) => {
    expect(() => parseCheckpoint(document)).toThrow(message);
  });

  it.each([
    ['November 2025', { llm_profiles: {}, models: [] }, /November 2025/],
    ['core 0.1', { metadata: {}, models: [{ provider: 'a', model_name: 'b', error_rates: [0] }] }, /core 0\.1/],
    ['2.0', { version: '2.0', models: [{ model_id: 'a', error_rates: [0] }] }, /version 2\.0/],
    ['3.0', { version: '3.0', models: [{ model_id: 'a', error_rates: [0] }] }, /version 3\.0/],
  ])('of the generation %s is refused by name, with what to do', (_, document, message) => {
    expect(() => parseCheckpoint(document)).toThrow(message);
    expect(() => parseCheckpoint(document)).toThrow(/nordlys-proxy train/);
  });
});

describe('PCA', () => {
  const pca = (config: object) => ({
    kind: 'pca',
    config,
    state: {
      components: [
        [1, 0, 0],
        [0, 1, 0],
      ],
      mean: [1, 1, 5],
      explained_variance: [4, 0.25],
    },
  });

  it('subtracts the mean, and whitens if configured', () => {
    const plain = checkpointRouter(with_({ reduction: pca({}) }) as typeof sample, { embed: () => [] });
    expect(plain.decide([2, 1, 9])).toMatchObject({ cluster: 0, distance: 0 });
    const whitened = checkpointRouter(with_({ reduction: pca({ kwargs: { whiten: true } }) }) as typeof sample, {
      embed: () => [],
    });
    expect(whitened.decide([3, 1, 0])).toMatchObject({ cluster: 0, distance: 0 });
    expect(whitened.decide([1, 1.5, 0])).toMatchObject({ cluster: 1, distance: 0 });
  });

  it('must be as wide as a centroid', () => {
    const state = { components: [[1, 0]], mean: [0, 0] };
    expect(() => parseCheckpoint(with_({ reduction: { kind: 'pca', state } }))).toThrow(/components must have 2 rows/);
  });
});

describe('msgpack', () => {
  const floats = Buffer.alloc(16);
  sample.cluster_centers.flat().forEach((value, index) => floats.writeFloatLE(value, index * 4));
  const packed = (changes: object = {}): Uint8Array => {
    const { metrics: _, ...rest } = sample;
    return encode({ ...rest, cluster_centers: { rows: 2, cols: 2, data: floats }, ...changes });
  };

  it('reads what JSON would hold, from a file by its name', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'c.MSGPACK'), packed());
    await writeFile(join(folder, 'c.json'), JSON.stringify({ ...sample, metrics: undefined }));
    expect(await readCheckpoint(join(folder, 'c.MSGPACK'))).toEqual(await readCheckpoint(join(folder, 'c.json')));
  });

  it('accepts a decoder of the host', async () => {
    const decoded = {
      ...sample,
      metrics: undefined,
      cluster_centers: { rows: 2, cols: 2, data: new Uint8Array(floats) },
    };
    expect(await decodeCheckpoint(new Uint8Array(), { decode: () => decoded })).toMatchObject({ clusters: 2 });
  });

  it('reads a reduction from its JSON texts', async () => {
    const state = JSON.stringify({
      components: [
        [1, 0, 0],
        [0, 1, 0],
      ],
      mean: [0, 0, 0],
    });
    expect(await decodeCheckpoint(packed({ reduction: { kind: 'pca', config: '{}', state } }))).toMatchObject({
      reduction: { inputs: 3, outputs: 2 },
    });
  });

  it.each([
    [
      'too few bytes',
      { cluster_centers: { rows: 2, cols: 3, data: floats } },
      /must hold rows · cols · 4 = 24 bytes, got 16/,
    ],
    ['text for bytes', { cluster_centers: { rows: 2, cols: 2, data: 'x' } }, /must be bytes/],
    ['no rows', { cluster_centers: { rows: 0, cols: 2, data: floats } }, /rows and cols above 0/],
    ['nil metrics', { metrics: null }, /metrics must be a map/],
    [
      'a map for a text',
      { reduction: { kind: 'pca', config: {}, state: '{}' } },
      /reduction\.config must be a string of JSON/,
    ],
    ['scores out of range', { models: [{ model_id: 'a', scores: [2, 0] }] }, /must be between 0 and 1/],
  ])('refuses %s', async (_, changes, message) => {
    await expect(decodeCheckpoint(packed(changes))).rejects.toThrow(message);
  });
});
