import type { PlanCandidatesState, SelectCandidatesHook, SelectCandidatesState } from '../contracts/hooks.js';
import type { RouterStatus } from '../contracts/router.js';
import type { Candidate } from '../contracts/routing.js';
import type { Checkpoint, CheckpointDocument } from './checkpoint/types.js';
import { type Choice, RoutedRequest } from './choice.js';
import { decide, type DecideOptions, type DecisionBasis, type RouterDecision } from './decide.js';
import type { Vector } from './embed/embedder.js';
import { EmbeddingCache, EmbeddingTimeout } from './embed/embedding-cache.js';
import { matchModels } from './match-models.js';
import { CentroidIndex } from './nearest.js';
import { pointOf, toCheckpoint } from './prepare.js';
import { RouterCounters } from './router-counters.js';
import { type CheckpointRouterOptions, resolveRouterOptions } from './router-options.js';

/** A routing hook that reads the prompt. */
export interface CheckpointRouter extends SelectCandidatesHook {
  /** It is only asked where a request leaves the model open. */
  readonly requests: 'open';
  /** Whether its decisions are used. */
  readonly mode: 'active' | 'shadow';
  /** The same decision without waiting, for `gateway.plan()`. */
  readonly now: (state: PlanCandidatesState) => readonly Candidate[] | undefined;
  /** Models of the checkpoint that are none of `models`. */
  readonly unserved: (models: readonly string[]) => readonly string[];
  /** Counts of its decisions. */
  readonly status: () => RouterStatus;
  /**
   * The decision of the checkpoint for one vector, by the router's `tradeOff` or `maxQualityLoss`. For tests and scripts.
   * @throws TypeError for a vector of the wrong length, or an empty `models`.
   */
  decide(vector: Vector, options?: DecideOptions): RouterDecision;
}

/**
 * Routes requests that leave the model open (`auto`) by their prompt: the model that did best on prompts of their kind,
 * the others behind it. Requests that name a model pass untouched. An embedder that is slow or throws makes the router
 * abstain; it never fails a request.
 * @param checkpoint - from `readCheckpoint`, `train`, or a published file's parsed JSON.
 * @throws TypeError naming what is wrong in the checkpoint or the options.
 * @example
 * const gateway = createGateway({
 *   providers,
 *   hooks: { selectCandidates: checkpointRouter(await readCheckpoint('checkpoint.json'), { tradeOff: 500 }) },
 * });
 */
export function checkpointRouter(
  checkpoint: Checkpoint | CheckpointDocument,
  options: CheckpointRouterOptions = {},
): CheckpointRouter {
  const ready = toCheckpoint(checkpoint);
  const resolved = resolveRouterOptions(ready, options);
  const { mode, policy, clock, deadlineMs } = resolved;
  const basis: DecisionBasis = { checkpoint: ready, centroids: new CentroidIndex(ready), policy };
  const counters = new RouterCounters(mode);
  const embeddings = new EmbeddingCache({
    embed: resolved.embed,
    toPoint: (vector) => pointOf(ready, vector),
    clock,
    deadlineMs,
    maxEntries: resolved.cacheEntries,
  });

  function select(
    state: SelectCandidatesState,
  ): readonly Candidate[] | undefined | Promise<readonly Candidate[] | undefined> {
    if (!state.openModel) return undefined;
    const finish = ({ candidates, explanation }: Choice): readonly Candidate[] | undefined => {
      counters.count(explanation);
      state.explain(explanation);
      return candidates;
    };
    const request = new RoutedRequest(basis, resolved, state);
    const choice = choose(request, () => resolved.text(state.request), (text) => embeddings.embed(text, state.signal)); // prettier-ignore
    if (!(choice instanceof Promise)) return finish(choice);
    // In shadow mode the request does not wait for the embedder.
    const finished = choice.then(finish);
    return mode === 'shadow' ? undefined : finished;
  }

  function now(state: PlanCandidatesState): readonly Candidate[] | undefined {
    if (!state.openModel) return undefined;
    const request = new RoutedRequest(basis, resolved, state);
    const choice = choose(request, () => resolved.text(state.request), (text) => embeddings.embedNow(text)); // prettier-ignore
    if (choice instanceof Promise) return undefined;
    state.explain(choice.explanation);
    return choice.candidates;
  }

  return Object.assign(select, {
    requests: 'open' as const,
    mode,
    now,
    unserved(models: readonly string[]): readonly string[] {
      const served = new Set(matchModels(ready.models, models, resolved.models).map(({ id }) => id));
      return ready.models.map(({ id }) => id).filter((id) => !served.has(id));
    },
    status: () => counters.status(),
    decide: (vector: Vector, wanted: DecideOptions = {}) => decide(basis, vector, wanted),
  });
}

type Point = Float32Array | undefined;

/** Synchronous where the embedder is. Never throws: a router that cannot decide abstains. */
function choose(
  request: RoutedRequest,
  textOf: () => string,
  embed: (text: string) => Point | Promise<Point>,
): Choice | Promise<Choice> {
  const early = request.withoutEmbedding();
  if (early !== undefined) return early;
  const decided = (point: Point): Choice =>
    point === undefined ? request.abstain('not_embedded') : request.decide(point);
  try {
    const text = textOf();
    if (text.trim() === '') return request.abstain('no_text');
    const point = embed(text);
    return point instanceof Promise
      ? point.then(decided).catch((error: unknown) => abstainAfter(request, error))
      : decided(point);
  } catch (error) {
    return abstainAfter(request, error);
  }
}

function abstainAfter(request: RoutedRequest, error: unknown): Choice {
  return request.abstain(error instanceof EmbeddingTimeout ? 'timeout' : 'embedder_failed');
}
