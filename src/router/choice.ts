import type { PlanCandidatesState } from '../contracts/hooks.js';
import type { AbstainReason, RouterExplanation } from '../contracts/router.js';
import type { Candidate } from '../contracts/routing.js';
import { expectedUsd } from './cost.js';
import { decide, type DecisionBasis } from './decide.js';
import { type MatchedModel, matchModels } from './match-models.js';
import type { ResolvedRouterOptions } from './router-options.js';

/** What a router returns for one request, and why. */
export interface Choice {
  /** `undefined` leaves the plan as it is. */
  readonly candidates: readonly Candidate[] | undefined;
  readonly explanation: RouterExplanation;
}

/** One request as the router sees it: the models that may serve it, and the ways to choose among them. */
export class RoutedRequest {
  readonly #basis: DecisionBasis;
  readonly #options: ResolvedRouterOptions;
  readonly #state: PlanCandidatesState;
  /** Candidates by model, in the plan's order. */
  readonly #pool: ReadonlyMap<string, readonly Candidate[]>;
  readonly #matched: readonly MatchedModel[];

  constructor(basis: DecisionBasis, options: ResolvedRouterOptions, state: PlanCandidatesState) {
    this.#basis = basis;
    this.#options = options;
    this.#state = state;
    this.#pool = byModel(state.candidates);
    this.#matched = matchModels(basis.checkpoint.models, this.#pool.keys(), options.models);
  }

  /** The choice that needs no embedding, where there is one. */
  withoutEmbedding(): Choice | undefined {
    if (this.#matched.length === 0) return this.abstain('no_known_model');
    const sticky = this.#options.sticky ? this.#state.stickyModel : undefined;
    if (sticky === undefined || !this.#pool.has(sticky)) return undefined;
    return this.#behind(sticky, { sticky: true, abstained: false, reason: undefined });
  }

  /** Nearest centroid, best score; the fallback where even the nearest is too far. */
  decide(point: Float32Array): Choice {
    const names = new Map(this.#matched.map(({ id, name }) => [id, name]));
    let costs: Readonly<Record<string, number>> = {};
    const decision = decide(this.#basis, point, {
      models: [...names.keys()],
      reduced: true,
      costs: (cluster) => (costs = this.#costs(cluster)),
    });
    const { cluster, distance } = decision;
    const byName = Object.fromEntries(Object.entries(costs).map(([id, usd]) => [names.get(id)!, usd]));
    const found = { cluster, distance, costs: byName };
    if (distance > this.#options.maxDistance) return this.abstain('far', found);
    const ranking = decision.ranking.map((id) => names.get(id)!);
    const scores = Object.fromEntries(ranking.map((name, index) => [name, decision.scores[index]!]));
    return this.#choice(ranking, { ...found, scores, sticky: false, abstained: false, reason: undefined });
  }

  /** The fallback model first, then the others by their average. */
  abstain(reason: AbstainReason, found: Partial<RouterExplanation> = {}): Choice {
    const why = { ...found, sticky: false, abstained: true, reason };
    const [best] = this.#byAverage();
    const wanted = [this.#options.fallback, this.#state.defaultModel, best?.name];
    const first = wanted.find((name) => name !== undefined && this.#pool.has(name));
    return first === undefined ? this.#choice([], why) : this.#behind(first, why);
  }

  #behind(first: string, why: Partial<RouterExplanation>): Choice {
    const ranked = this.#byAverage();
    const others = ranked.map(({ name }) => name).filter((name) => name !== first);
    const scores = Object.fromEntries(ranked.map(({ name, model }) => [name, model.meanScore]));
    return this.#choice([first, ...others], { ...why, scores });
  }

  #byAverage(): readonly MatchedModel[] {
    return [...this.#matched].sort((a, b) => b.model.meanScore - a.model.meanScore);
  }

  /** Expected USD by checkpoint id: by the first candidate's prices, else what the trainer saw in this cluster. */
  #costs(cluster: number): Readonly<Record<string, number>> {
    const { promptTokens: prompt, request } = this.#state;
    const limit = request['max_completion_tokens'] ?? request['max_tokens'];
    const most = typeof limit === 'number' && limit > 0 ? limit : Number.POSITIVE_INFINITY;
    const tokens = { prompt, completion: Math.min(this.#options.completionTokens, most) };
    const known = this.#matched.flatMap(({ id, name }): [string, number][] => {
      const pricing = this.#state.pricingOf(this.#pool.get(name)![0]!);
      if (pricing !== undefined) return [[id, expectedUsd(pricing, tokens)]];
      const seen = this.#basis.checkpoint.extras.costs?.find(({ model_id: model }) => model === id)?.usd[cluster];
      return seen === undefined ? [] : [[id, seen]];
    });
    return Object.fromEntries(known);
  }

  #choice(ranking: readonly string[], why: Partial<RouterExplanation>): Choice {
    const explanation: RouterExplanation = {
      mode: this.#options.mode,
      model: ranking[0],
      ranking,
      cluster: why.cluster,
      distance: why.distance,
      scores: why.scores ?? {},
      costs: why.costs ?? {},
      abstained: why.abstained ?? false,
      reason: why.reason,
      sticky: why.sticky ?? false,
    };
    const candidates = ranking.length === 0 ? undefined : ranking.flatMap((name) => this.#pool.get(name)!);
    return { candidates, explanation };
  }
}

function byModel(candidates: readonly Candidate[]): ReadonlyMap<string, readonly Candidate[]> {
  const groups = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    const group = groups.get(candidate.model);
    if (group === undefined) groups.set(candidate.model, [candidate]);
    else group.push(candidate);
  }
  return groups;
}
