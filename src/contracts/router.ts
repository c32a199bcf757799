/** Why a router made no decision from the prompt. */
export type AbstainReason =
  /** The prompt is farther from every centroid than 99 % of the training prompts were. */
  | 'far'
  /** The embedder took longer than its deadline. */
  | 'timeout'
  /** The embedder threw, or returned a vector that does not fit the checkpoint. */
  | 'embedder_failed'
  /** The request contains no text to route by. */
  | 'no_text'
  /** No model of the checkpoint is among the candidates of this request. */
  | 'no_known_model'
  /** `plan()` is synchronous, the embedder is not, and this text is not in its cache. */
  | 'not_embedded';

/** Decision of a router for one request, and its reasons. */
export interface RouterExplanation {
  /** `shadow`: the decision was not used. */
  readonly mode: 'active' | 'shadow';
  /** The chosen model, as this gateway names it; `undefined` if the plan was kept. */
  readonly model: string | undefined;
  /** All models that the router chose from, first choice first. */
  readonly ranking: readonly string[];
  /** Index of the nearest centroid; `undefined` if the prompt was not compared. */
  readonly cluster: number | undefined;
  /** Euclidean distance to that centroid. */
  readonly distance: number | undefined;
  /** By model: the score in that cluster, or the mean of all clusters if the prompt was not compared. */
  readonly scores: Readonly<Record<string, number>>;
  /** By model: expected USD of this request. Models without a price are left out. */
  readonly costs: Readonly<Record<string, number>>;
  /** The router made no decision from the prompt (`reason`), and chose the fallback model. */
  readonly abstained: boolean;
  /** Why the router abstained; `undefined` where it decided. */
  readonly reason: AbstainReason | undefined;
  /** The model that served this conversation before was kept, without comparing the prompt. */
  readonly sticky: boolean;
}

/** Counters of a router. */
export interface RouterStatus {
  /** Whether its decisions are used. */
  readonly mode: 'active' | 'shadow';
  /** Requests that it was asked about. */
  readonly decisions: number;
  /** Decisions by model, as this gateway names it. */
  readonly models: Readonly<Record<string, number>>;
  /** Requests that it left to the default, by reason. */
  readonly abstained: Readonly<Partial<Record<AbstainReason, number>>>;
  /** Requests that stayed on the model of their conversation. */
  readonly sticky: number;
}
