import { knownMembers, optionalCount, optionError } from '../../options/checks.js';
import { checkPrices, DEFAULT_COMPLETION_TOKENS, type ModelPrice } from '../cost.js';
import type { Embedder } from '../embed/embedder.js';

/** How a checkpoint is trained. */
export interface TrainOptions {
  /** @defaultValue `hashingEmbedder()`: nothing to download, weights are fitted to the data and stored in the checkpoint */
  readonly embed?: Embedder | undefined;
  /** The embedder's name in the checkpoint. @defaultValue `'nordlys-proxy/hashing'`, or `'custom'` with `embed` */
  readonly embeddingModel?: string | undefined;
  /** @defaultValue `'auto'`: chosen on a validation split */
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
  readonly onProgress?: ((progress: TrainProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How far training has come. */
export interface TrainProgress {
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

const KNOWN = [
  'embed', 'embeddingModel', 'clusters', 'seed', 'restarts', 'shrinkage', 'prices', 'completionTokens', 'onProgress', 'signal',
]; // prettier-ignore

/** @throws TypeError naming the option at fault. */
export function resolveTrainOptions(options: TrainOptions): ResolvedTrainOptions {
  knownMembers('train', options, KNOWN);
  const { embed, clusters, seed = 42, shrinkage = 10, prices, onProgress } = options;
  if (embed !== undefined && typeof embed !== 'function') throw optionError('embed', 'must be a function', embed);
  if (!Number.isSafeInteger(seed)) throw optionError('seed', 'must be a whole number', seed);
  if (!(shrinkage >= 0 && shrinkage < Number.POSITIVE_INFINITY))
    throw optionError('shrinkage', 'must be a number, 0 or more', shrinkage);
  const signal = options.signal ?? new AbortController().signal;
  return {
    embed,
    embeddingModel: options.embeddingModel ?? (embed === undefined ? 'nordlys-proxy/hashing' : 'custom'),
    clusters: clusters === 'auto' ? undefined : optionalCount('clusters', clusters, 'clusters, or "auto"'),
    seed,
    restarts: optionalCount('restarts', options.restarts, 'runs') ?? 4,
    shrinkage,
    prices: prices === undefined ? undefined : checkPrices('prices', prices),
    completionTokens:
      optionalCount('completionTokens', options.completionTokens, 'tokens') ?? DEFAULT_COMPLETION_TOKENS,
    signal,
    async progress(step, done) {
      onProgress?.({ step, done });
      // Lets the process paint, answer, and notice an abort between two heavy steps.
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
    },
  };
}
