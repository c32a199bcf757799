import type { ChatRequest } from '../chat/types.js';
import type { Clock } from '../contracts/clock.js';
import { systemClock } from '../util/clock.js';
import {
  anyMembers,
  knownMembers,
  optionalBoolean,
  optionalCount,
  optionalMilliseconds,
  optionalOneOf,
  optionalText,
  optionError,
  text,
} from '../options/checks.js';
import type { Checkpoint } from './checkpoint/types.js';
import { DEFAULT_COMPLETION_TOKENS } from './cost.js';
import type { Embedder } from './embed/embedder.js';
import { embedderFor } from './prepare.js';
import { type CostPolicy, costPolicy } from './rank.js';
import { lastUserText } from './routing-text.js';

/** How a checkpoint router embeds prompts and weighs cost. */
export interface CheckpointRouterOptions {
  /** Must be the embedder that the checkpoint was trained with. @defaultValue the hashing embedder, with the checkpoint's weights */
  readonly embed?: Embedder | undefined;
  /**
   * How much money counts: a model is worth its score − `tradeOff` · expected USD of the request. **0 is quality alone; the
   * larger, the cheaper.** At 500, a request that costs 0.001 USD more must score 0.5 more.
   * @defaultValue `0`
   */
  readonly tradeOff?: number | undefined;
  /** Instead of `tradeOff`: the cheapest model whose score is at most this much below the best one (0.05: five points of a hundred). */
  readonly maxQualityLoss?: number | undefined;
  /** Tokens of a response that expected costs assume; a smaller `max_tokens` of the request counts instead. @defaultValue `400` */
  readonly completionTokens?: number | undefined;
  /** The model to use where the prompt says too little. @defaultValue `defaultModel`, else the best on average */
  readonly fallback?: string | undefined;
  /** Farther from every centroid than this, the router abstains. @defaultValue what the trainer stored; without it, never */
  readonly maxDistance?: number | undefined;
  /** Names of the checkpoint's models here: checkpoint id → configured model. @defaultValue by name, with or without `author/` */
  readonly models?: Readonly<Record<string, string>> | undefined;
  /** `shadow`: decides and records, and changes nothing. @defaultValue `'active'` */
  readonly mode?: 'active' | 'shadow' | undefined;
  /** A conversation stays on its model. @defaultValue `true` */
  readonly sticky?: boolean | undefined;
  /** The text to route by. @defaultValue the last user message */
  readonly text?: ((request: ChatRequest) => string) | undefined;
  /** Characters of that text that are used. @defaultValue `8_192` */
  readonly maxCharacters?: number | undefined;
  /** Milliseconds that a request waits for an embedding. @defaultValue `300` */
  readonly deadlineMs?: number | undefined;
  /** Texts whose vectors are kept. @defaultValue `1_000` */
  readonly cacheEntries?: number | undefined;
  /** @internal Time, for tests. */
  readonly clock?: Clock | undefined;
}

export interface ResolvedRouterOptions {
  readonly embed: Embedder;
  readonly policy: CostPolicy;
  readonly completionTokens: number;
  readonly fallback: string | undefined;
  readonly maxDistance: number;
  readonly models: ReadonlyMap<string, string>;
  readonly mode: 'active' | 'shadow';
  readonly sticky: boolean;
  readonly text: (request: ChatRequest) => string;
  readonly deadlineMs: number;
  readonly cacheEntries: number;
  readonly clock: Clock;
}

const KNOWN = names({
  embed: 1, tradeOff: 1, maxQualityLoss: 1, completionTokens: 1, fallback: 1, maxDistance: 1, models: 1, mode: 1,
  sticky: 1, text: 1, maxCharacters: 1, deadlineMs: 1, cacheEntries: 1, clock: 1,
}); // prettier-ignore

function names(known: Record<keyof CheckpointRouterOptions, 1>): readonly string[] {
  return Object.keys(known);
}

/** @throws TypeError naming the option at fault. */
export function resolveRouterOptions(checkpoint: Checkpoint, options: CheckpointRouterOptions): ResolvedRouterOptions {
  knownMembers('checkpointRouter', options, KNOWN);
  const { text: read = lastUserText, maxDistance = checkpoint.extras.max_distance ?? Number.POSITIVE_INFINITY } =
    options;
  if (typeof read !== 'function') throw optionError('text', 'must be a function (request) => string', read);
  if (typeof maxDistance !== 'number' || !(maxDistance >= 0))
    throw optionError('maxDistance', 'must be a number, 0 or more', maxDistance);
  const most = optionalCount('maxCharacters', options.maxCharacters, 'characters') ?? 8_192;
  return {
    embed: embedderFor(checkpoint, options.embed),
    policy: costPolicy(options.tradeOff, options.maxQualityLoss),
    completionTokens:
      optionalCount('completionTokens', options.completionTokens, 'tokens') ?? DEFAULT_COMPLETION_TOKENS,
    fallback: optionalText('fallback', options.fallback),
    maxDistance,
    models: resolveNames(checkpoint, options.models),
    mode: optionalOneOf('mode', options.mode, ['active', 'shadow']) ?? 'active',
    sticky: optionalBoolean('sticky', options.sticky) ?? true,
    text: (request) => checkpoint.embedding.prompt + read(request).slice(0, most),
    deadlineMs: optionalMilliseconds('deadlineMs', options.deadlineMs) ?? 300,
    cacheEntries: optionalCount('cacheEntries', options.cacheEntries, 'texts') ?? 1_000,
    clock: options.clock ?? systemClock,
  };
}

function resolveNames({ models }: Checkpoint, value: unknown): ReadonlyMap<string, string> {
  if (value === undefined || value === null) return new Map();
  return new Map(
    Object.entries(anyMembers('models', value)).map(([id, name]) => {
      if (models.some((model) => model.id === id)) return [id, text(`models[${JSON.stringify(id)}]`, name)];
      throw optionError(
        'models',
        `names ${JSON.stringify(id)}, which is no model of the checkpoint. It has: ${models.map((model) => model.id).join(', ')}`,
      );
    }),
  );
}
