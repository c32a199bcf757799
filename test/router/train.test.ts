import { describe, expect, it } from 'vitest';
import {
  checkpointRouter, evaluate, evaluationSvg, evaluationTable, hashingEmbedder, isHeldOut, parseCheckpoint, parseTrainingLines,
  train, type TrainingLine, type TrainOptions,
} from '../../src/router/index.js'; // prettier-ignore
import { kMeans } from '../../src/router/train/kmeans.js';
import { seededRandom } from '../../src/router/train/random.js';

const SUBJECTS = [
  'a list',
  'a tree',
  'a queue',
  'a graph',
  'a string',
  'a matrix',
  'a heap',
  'a set',
  'a stack',
  'a table',
];
const VERBS = ['sort', 'reverse', 'search', 'print', 'count', 'merge', 'split', 'check', 'copy', 'filter'];
const PLACES = ['Norway', 'Peru', 'Kenya', 'Japan', 'Chile', 'Egypt', 'Spain', 'Nepal', 'Cuba', 'Ghana'];
const THINGS = ['capital', 'king', 'river', 'flag', 'anthem', 'mountain', 'war', 'coast', 'language', 'coin'];

/** The white or the black squares of two boards. Half request code, where `coder` is right; half facts, where `cheap` is as good as `big`. */
function lines(part: 0 | 1): TrainingLine[] {
  const code = VERBS.flatMap((verb) => SUBJECTS.map((subject) => `Write a python function to ${verb} ${subject}.`));
  const facts = THINGS.flatMap((thing) => PLACES.map((place) => `What is the name of the ${thing} of ${place}?`));
  return [
    ...code.map((prompt) => ({ prompt, scores: { big: 0.5, coder: 1, cheap: 0 } })),
    ...facts.map((prompt) => ({ prompt, scores: { big: 0.9, coder: 0.1, cheap: 0.9 } })),
  ].filter((_, index) => (index + Math.floor(index / 10)) % 2 === part);
}

const prices = {
  big: { prompt: 10, completion: 10 },
  coder: { prompt: 2, completion: 2 },
  cheap: { prompt: 0.1, completion: 0.1 },
};
const options: TrainOptions = { restarts: 1, prices };

describe('train', () => {
  it('makes a checkpoint that chooses by the prompt', async () => {
    const { checkpoint, report } = await train(lines(0), options);
    expect(report).toMatchObject({ prompts: 100, models: ['big', 'coder', 'cheap'] });
    const router = checkpointRouter(checkpoint);
    const embed = hashingEmbedder(checkpoint);
    expect(router.decide(embed('Write a python function to rotate a list.')).model).toBe('coder');
    expect(router.decide(embed('What is the name of the capital of Italy?')).model).not.toBe('coder');
  });

  it('makes the same from the same, through JSON', async () => {
    const [first, second] = [await train(lines(0), options), await train(lines(0), options)];
    expect(second).toEqual(first);
    const stored = JSON.parse(JSON.stringify(first.checkpoint));
    expect(stored).toEqual(first.checkpoint);
    expect(parseCheckpoint(stored).extras.max_distance).toBeGreaterThan(0);
  });

  it('has the distance of such prompts from their centroids', async () => {
    const { checkpoint } = await train(lines(0), options);
    const router = checkpointRouter(checkpoint);
    const embed = hashingEmbedder(checkpoint);
    const limit = checkpoint.nordlys_proxy!.max_distance!;
    const near = lines(1).filter(({ prompt }) => router.decide(embed(prompt)).distance <= limit);
    expect(near.length).toBeGreaterThan(90);
  });

  it('accepts missing scores, and keeps known costs', async () => {
    const some = lines(0).map((line, index) => {
      const { big, ...rest } = line.scores as Record<string, number>;
      return { ...line, scores: index % 3 === 0 ? rest : { big: big!, ...rest }, costs: { big: 0.01, coder: 0.002 } };
    });
    const { checkpoint } = await train(some, { ...options, clusters: 2 });
    expect(checkpoint.clustering.n_clusters).toBe(2);
    expect(checkpoint.nordlys_proxy?.costs?.map(({ model_id: id }) => id).sort()).toEqual(['big', 'coder']);
    for (const { scores } of checkpoint.models) expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true);
  });

  it('accepts an embedder of the host', async () => {
    const embed = async (text: string): Promise<number[]> => (text.startsWith('Write') ? [2, 0] : [0, 5]);
    const { checkpoint } = await train(lines(0), { ...options, embed, embeddingModel: 'mine', clusters: 2 });
    expect(checkpoint).toMatchObject({
      embedding: { model: 'mine' },
      clustering: { normalization: 'l2', n_clusters: 2 },
    });
    expect(checkpointRouter(checkpoint, { embed }).decide([1, 0]).model).toBe('coder');
  });

  it('manages with a handful of lines', async () => {
    const { checkpoint } = await train(lines(0).slice(0, 3));
    expect(parseCheckpoint(checkpoint).clusters).toBe(1);
  });

  it('reports progress, and stops when it is aborted', async () => {
    const steps: number[] = [];
    const controller = new AbortController();
    const onProgress = ({ done }: { done: number }): void => {
      steps.push(done);
      if (done >= 0.6) controller.abort(new Error('enough'));
    };
    await expect(train(lines(0), { ...options, onProgress, signal: controller.signal })).rejects.toThrow('enough');
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect(steps.at(-1)).toBeLessThan(0.75);
  });

  it.each([
    [[], {}, /has no lines/],
    [[{ prompt: '', scores: { a: 1 } }], {}, /line 1: prompt must be a non-empty string/],
    [
      [
        { prompt: 'x', scores: { a: 1 } },
        { prompt: 'y', scores: { a: -1 } },
      ],
      {},
      /line 2: scores\["a"\] must be a number between 0 and 1, got -1/,
    ],
    [lines(0), { clusters: 0 }, /clusters must be a whole number/],
    [lines(0), { cluster: 3 }, /Did you mean "clusters"/],
    [lines(0), { prices: { big: { prompt: 1 } } }, /prices\["big"\]\.completion must be a number/],
  ] as const)('refuses what is wrong (%#)', async (data, wrong, message) => {
    await expect(train(data as readonly TrainingLine[], wrong as TrainOptions)).rejects.toThrow(message);
  });
});

describe('evaluate', () => {
  it('measures the router beside each model, random, cheapest and the oracle', async () => {
    const { checkpoint } = await train(lines(0), options);
    const evaluation = await evaluate(lines(1), checkpoint, { prices, resamples: 200 });
    const of = (kind: string) => evaluation.rows.find((row) => row.kind === kind)!;
    expect(of('oracle').quality.mean).toBeCloseTo(0.95, 5);
    expect(of('router').quality.mean).toBeGreaterThan(0.93);
    expect(evaluation.bestModel).toBe('big');
    expect(evaluation.gain.low).toBeGreaterThan(0.2);
    expect(of('cheapest').name).toBe('cheapest (cheap)');
    expect(evaluation.at97!.shareOfBestCost).toBeLessThan(0.5);
    const costs = evaluation.curve.map(({ costPerThousand }) => costPerThousand);
    expect(costs.at(-1)).toBeLessThan(costs[0]!);
    for (const { quality } of evaluation.rows) {
      expect(quality.low).toBeLessThanOrEqual(quality.mean);
      expect(quality.high).toBeGreaterThanOrEqual(quality.mean);
    }
    expect(evaluationTable(evaluation)).toMatch(/\| oracle +\| 0\.950 \[/);
    expect(evaluationSvg(evaluation)).toMatch(/^<svg [\s\S]*<polyline points="[\d., ]+"[\s\S]*<\/svg>\n$/);
  });

  it('does without costs', async () => {
    const { checkpoint } = await train(lines(0), { restarts: 1 });
    const evaluation = await evaluate(lines(1), checkpoint, { resamples: 50 });
    expect(evaluation).toMatchObject({ curve: [], at97: undefined });
    expect(evaluationTable(evaluation)).toContain('unknown');
    expect(evaluationSvg(evaluation)).toContain('</svg>');
  });

  it('needs every model’s score on every line', async () => {
    const { checkpoint } = await train(lines(0), options);
    const broken = [...lines(1), { prompt: 'x', scores: { big: 1 } }];
    await expect(evaluate(broken, checkpoint)).rejects.toThrow(/line 101: scores has no "coder"/);
  });
});

describe('training lines', () => {
  it('are read one per line, and every invalid one is named by its number', () => {
    expect(
      parseTrainingLines('{"prompt":"a","scores":{"m":1}}\r\n\n{"prompt":"b","scores":{"m":0},"costs":{"m":0.1}}'),
    ).toHaveLength(2);
    expect(() => parseTrainingLines('{"prompt":"a","scores":{"m":1}}\nnope\n{"prompt":"b","scores":{}}')).toThrow(
      /2 bad lines:\nline 2: .*\nline 3: scores must name at least one model/,
    );
  });

  it('are held out by their hash: about as many as requested, always the same', () => {
    const held = lines(0).filter(({ prompt }) => isHeldOut(prompt, 0.3));
    expect(held.length).toBeGreaterThan(15);
    expect(held.length).toBeLessThan(45);
    expect(lines(0).filter(({ prompt }) => isHeldOut(prompt, 0.3))).toEqual(held);
  });
});

describe('k-means', () => {
  it('finds clusters, and drops those that stay empty', () => {
    const data = Float32Array.from([0, 0, 0, 0.1, 5, 5, 5, 5.1]);
    const found = kMeans({ width: 2, data }, { clusters: 2, restarts: 3, maxIterations: 50, random: seededRandom(1) });
    expect(found.sizes).toEqual([2, 2]);
    expect(found.inertia).toBeCloseTo(0.01, 4);
    const same = kMeans(
      { width: 1, data: new Float32Array(6) },
      { clusters: 4, restarts: 1, maxIterations: 5, random: seededRandom(1) },
    );
    expect(same).toMatchObject({ clusters: 1, sizes: [6], inertia: 0 });
  });
});
