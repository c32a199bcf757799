import type { CheckpointDocument } from '../checkpoint/types.js';
import { toUnitLength } from '../embed/embedder.js';
import { toDocument } from './document.js';
import { hashedPrompts, hashingSpaces, type Space } from './hashing-space.js';
import { kMeans } from './kmeans.js';
import { resolveTrainOptions, type ResolvedTrainOptions, type TrainOptions } from './options.js';
import { seededRandom, shuffledIndices } from './random.js';
import { chooseModel, type Choice } from './select.js';
import { tabulate, type TrainingLine, type TrainingTable } from './training-data.js';
import { vectorSpace } from './vector-space.js';

/** What training made, and how it chose. */
export interface TrainResult {
  /** Write it with `JSON.stringify`. */
  readonly checkpoint: CheckpointDocument;
  /** Facts about the training. */
  readonly report: TrainReport;
}

/** What training chose, and how it scored on the validation split. */
export interface TrainReport {
  /** Lines that were used. */
  readonly prompts: number;
  /** Names of the models. */
  readonly models: readonly string[];
  /** Number of clusters. */
  readonly clusters: number;
  /** How prompts were projected. */
  readonly projection: string;
  /** Every combination that was compared on the validation split; a smaller error is better. */
  readonly tried: readonly { readonly projection: string; readonly clusters: number; readonly error: number }[];
}

/** Fewer lines than this are not split: a validation part would be too small to choose by. */
const FEWEST_TO_SPLIT = 50;
const VALIDATION_SHARE = 0.2;

/**
 * Makes a checkpoint from prompts and the scores of models on them. The number of clusters and the projection are chosen
 * on a validation split of `lines`; the checkpoint is then fitted to all of them. Runs in this thread and yields to the
 * event loop between its steps; for thousands of prompts it takes seconds to minutes.
 * @throws TypeError for an option, or a line (counted from 1), that is wrong.
 * @example
 * const { checkpoint } = await train(parseTrainingLines(await readFile('prompts.jsonl', 'utf8')));
 * await writeFile('checkpoint.json', JSON.stringify(checkpoint));
 */
export async function train(lines: readonly TrainingLine[], options: TrainOptions = {}): Promise<TrainResult> {
  const resolved = resolveTrainOptions(options);
  const table = tabulate(lines);
  const spacesFor = await spaceMaker(table, resolved);
  const all = Int32Array.from({ length: table.prompts.length }, (_, row) => row);
  const choice = await validated(table, all, spacesFor, resolved);

  await resolved.progress('fitting all prompts', 0.75);
  const space = spacesFor(all)[choice.space]!;
  await resolved.progress('clustering all prompts', 0.9);
  const { restarts, seed } = resolved;
  const found = kMeans(space.fitted, {
    clusters: choice.clusters,
    restarts,
    maxIterations: 100,
    random: seededRandom(seed),
  });
  const checkpoint = toDocument({ table, rows: all, space, found, choice, options: resolved });
  await resolved.progress('done', 1);
  return {
    checkpoint,
    report: {
      prompts: lines.length,
      models: table.models,
      clusters: found.clusters,
      projection: space.name,
      tried: choice.tried,
    },
  };
}

type SpaceMaker = (rows: Int32Array) => readonly Space[];

async function spaceMaker(table: TrainingTable, options: ResolvedTrainOptions): Promise<SpaceMaker> {
  const { embed, seed, progress, signal } = options;
  if (embed === undefined) {
    await progress('counting features', 0);
    const features = hashedPrompts(table.prompts);
    return (rows) => hashingSpaces(features, table, rows, seed);
  }
  const vectors: Float32Array[] = [];
  for (const [index, prompt] of table.prompts.entries()) {
    if (index % 20 === 0) await progress('embedding prompts', (0.5 * index) / table.prompts.length);
    const vector = toUnitLength(await embed(prompt, { signal }));
    const expected = vectors[0]?.length ?? vector.length;
    if (vector.length === 0 || vector.length !== expected) {
      throw new TypeError(`line ${index + 1}: the embedder gave ${vector.length} numbers, ${expected} were expected.`);
    }
    vectors.push(vector);
  }
  return (rows) => [vectorSpace(vectors, rows)];
}

/** The best choice on the validation split; a fixed one without enough lines for a split. */
async function validated(
  table: TrainingTable,
  all: Int32Array,
  spacesFor: SpaceMaker,
  options: ResolvedTrainOptions,
): Promise<Choice> {
  const { clusters, seed, progress } = options;
  if (all.length < FEWEST_TO_SPLIT) {
    const guess = clusters ?? Math.max(1, Math.round(Math.sqrt(all.length / 2)));
    return { space: 0, clusters: guess, tried: [], unseenDistance: undefined };
  }
  const order = shuffledIndices(all.length, seededRandom(seed));
  const cut = Math.round(all.length * VALIDATION_SHARE);
  await progress('fitting the training part', 0.5);
  const spaces = spacesFor(order.subarray(cut).slice());
  return chooseModel(table, { spaces, training: order.subarray(cut), validation: order.subarray(0, cut) }, options);
}
