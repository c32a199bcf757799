import { count as checkCount } from '../../options/checks.js';
import { defineOptions, type RowsFor } from '../../options/group.js';
import { custom } from '../../options/row.js';
import { abortSignal, amount, count, func, numeric, word } from '../../options/rows.js';
import { checkPrices, DEFAULT_COMPLETION_TOKENS, type ModelPrice } from '../cost.js';
import type { Embedder } from '../embed/embedder.js';

/** How a checkpoint is trained. */
export interface TrainOptions {
  /** The embedder. @defaultValue `hashingEmbedder()`: nothing to download, weights are fitted to the data and stored in the checkpoint */
  readonly embed?: Embedder | undefined;
  /** The embedder's name in the checkpoint. @defaultValue `'nordlys-proxy/hashing'`, or `'custom'` with `embed` */
  readonly embeddingModel?: string | undefined;
  /** Number of clusters. @defaultValue `'auto'`: chosen on a validation split */
  readonly clusters?: 'auto' | number | undefined;
  /** Same seed, same data: same checkpoint. @defaultValue `42` */
  readonly seed?: number | undefined;
  /** Runs of k-means, of which the best is kept. @defaultValue `4` */
  readonly restarts?: number | undefined;
  /** Prompts with the average score that each cluster is mixed with. @defaultValue `10` */
  readonly shrinkage?: number | undefined;
  /** USD per million tokens by model, to find the `tradeOff` that keeps 97 % of the best single model's quality. */
  readonly prices?: Readonly<Record<string, ModelPrice>> | undefined;
  /** Tokens of a response that cost estimates assume. @defaultValue `400` */
  readonly completionTokens?: number | undefined;
  /** Called at the beginning of each step. */
  readonly onProgress?: ((progress: TrainProgress) => void) | undefined;
  /** Aborts the training. */
  readonly signal?: AbortSignal | undefined;
}

/** Progress of training. */
export interface TrainProgress {
  /** What begins. */
  readonly step: string;
  /** In [0, 1], over the whole run. */
  readonly done: number;
}

export interface ResolvedTrainOptions {
  readonly embed: Embedder | undefined;
  readonly embeddingModel: string;
  readonly clusters: number | undefined;
  readonly seed: number;
  readonly restarts: number;
  readonly shrinkage: number;
  readonly prices: ReadonlyMap<string, ModelPrice> | undefined;
  readonly completionTokens: number;
  readonly progress: (step: string, done: number) => Promise<void>;
  readonly signal: AbortSignal;
}

export const TRAIN = defineOptions({
  path: 'train',
  prefix: '',
  rows: {
    embed: func<Embedder>('(text, { signal }) => vector', 'The embedder.').defaultsTo('`hashingEmbedder()`'),
    embeddingModel: word("The embedder's name in the checkpoint.").defaultsTo(
      "`'nordlys-proxy/hashing'`, or `'custom'` with `embed`",
    ),
    clusters: custom("`'auto'`, a number of clusters", checkClusters, 'Clusters of prompts.').or(
      'auto',
      "`'auto'`: chosen on a validation split",
    ),
    seed: numeric('a whole number', Number.isSafeInteger, 'Same seed, same data: same checkpoint.').or(42),
    restarts: count('runs', 'Runs of k-means, of which the best is kept.').or(4),
    shrinkage: amount('Prompts with the average score that each cluster is mixed with.').or(10),
    prices: custom('`{ [model]: price }`', checkPrices, 'USD per million tokens by model.'),
    completionTokens: count('tokens', 'Tokens of a response that cost estimates assume.').or(DEFAULT_COMPLETION_TOKENS),
    onProgress: func<(progress: TrainProgress) => void>('(progress) => void', 'Called before each step.'),
    signal: abortSignal('Ends the training.'),
  } satisfies RowsFor<TrainOptions>,
});

function checkClusters(path: string, value: unknown): number | 'auto' {
  return value === 'auto' ? value : checkCount(path, value, 'clusters, or "auto"');
}

/** @throws TypeError naming the option at fault. */
export function resolveTrainOptions(options: TrainOptions): ResolvedTrainOptions {
  const {
    clusters,
    embeddingModel,
    onProgress,
    signal = new AbortController().signal,
    ...given
  } = TRAIN.parse(options);
  return {
    ...given,
    embeddingModel: embeddingModel ?? (given.embed === undefined ? 'nordlys-proxy/hashing' : 'custom'),
    clusters: clusters === 'auto' ? undefined : clusters,
    signal,
    async progress(step, done) {
      onProgress?.({ step, done });
      // Yields to the event loop between two long steps, so that progress is printed and an abort is seen.
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
    },
  };
}
