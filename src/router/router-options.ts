import type { ChatRequest } from '../chat/types.js';
import type { Clock } from '../contracts/clock.js';
import { systemClock } from '../util/clock.js';
import { anyMembers, optionError, text } from '../options/checks.js';
import { defineOptions, type RowsFor } from '../options/group.js';
import { custom } from '../options/row.js';
import { amount, choice, count, flag, func, internal, milliseconds, numeric, word } from '../options/rows.js';
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
  /** The model to use where the prompt does not decide it. @defaultValue `defaultModel`, else the best on average */
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

export const CHECKPOINT_ROUTER = defineOptions({
  path: 'checkpointRouter',
  prefix: '',
  rows: {
    embed: func<Embedder>(
      '(text, { signal }) => vector',
      'The embedder that the checkpoint was trained with.',
    ).defaultsTo("the hashing embedder, with the checkpoint's weights"),
    tradeOff: amount('How much score one USD of expected cost must bring. 0: quality alone.').defaultsTo('`0`'),
    maxQualityLoss: amount(
      'Instead of `tradeOff`: the cheapest model whose score is at most this much below the best.',
    ),
    completionTokens: count('tokens', 'Tokens of a response that expected costs assume.').or(DEFAULT_COMPLETION_TOKENS),
    fallback: word('The model to use where the prompt does not decide it.').defaultsTo(
      '`defaultModel`, else the best on average',
    ),
    maxDistance: numeric(
      'a number, 0 or more',
      (value) => value >= 0,
      'Farther from every centroid, the router abstains.',
    ),
    models: custom('`{ [id]: model }`', anyMembers, "Names of the checkpoint's models here."),
    mode: choice(['active', 'shadow'], "`'shadow'`: decides and records, and changes nothing.").or('active'),
    sticky: flag('A conversation stays on its model.').or(true),
    text: func<(request: ChatRequest) => string>('(request) => string', 'The text to route by.').or(
      lastUserText,
      'the last user message',
    ),
    maxCharacters: count('characters', 'How much of that text is used.').or(8_192),
    deadlineMs: milliseconds('How long a request waits for an embedding.').or(300),
    cacheEntries: count('texts', 'Texts whose vectors are kept.').or(1_000),
    clock: internal<Clock>(),
  } satisfies RowsFor<CheckpointRouterOptions>,
});

/** @throws TypeError naming the option at fault. */
export function resolveRouterOptions(checkpoint: Checkpoint, options: CheckpointRouterOptions): ResolvedRouterOptions {
  const { text: read, maxCharacters, maxDistance, models, ...given } = CHECKPOINT_ROUTER.parse(options);
  return {
    ...given,
    embed: embedderFor(checkpoint, given.embed),
    policy: costPolicy(given.tradeOff, given.maxQualityLoss),
    maxDistance: maxDistance ?? checkpoint.extras.max_distance ?? Number.POSITIVE_INFINITY,
    models: resolveNames(checkpoint, models),
    text: (request) => checkpoint.embedding.prompt + read(request).slice(0, maxCharacters),
    clock: given.clock ?? systemClock,
  };
}

function resolveNames(
  { models }: Checkpoint,
  names: Readonly<Record<string, unknown>> = {},
): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(names).map(([id, name]) => {
      if (models.some((model) => model.id === id)) return [id, text(`models[${JSON.stringify(id)}]`, name)];
      throw optionError(
        'models',
        `names ${JSON.stringify(id)}, which is no model of the checkpoint. It has: ${models.map((model) => model.id).join(', ')}`,
      );
    }),
  );
}
