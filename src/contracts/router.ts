/** Why a router did not decide by the prompt. */
export type AbstainReason =
  /** The prompt is farther from every centroid than 99 % of the training prompts were. */
  | 'far'
  /** The embedder took longer than its deadline. */
  | 'timeout'
  /** The embedder threw, or gave a vector that does not fit the checkpoint. */
  | 'embedder_failed'
  /** The request holds no text to route by. */
  | 'no_text'
  /** No model of the checkpoint may answer this request. */
  | 'no_known_model'
  /** `plan()` does not wait: the embedder is asynchronous, and this text is not in its cache. */
  | 'not_embedded';

/** What a router decided for one request, and by what. */
export interface RouterExplanation {
  /** `shadow`: what it would have done. The request was routed without it. */
  readonly mode: 'active' | 'shadow';
  /** The chosen model, as this gateway names it; `undefined` where the plan stays as it was. */
  readonly model: string | undefined;
  /** Every model that it chose among, first choice first. */
  readonly ranking: readonly string[];
  /** Index of the nearest centroid. `undefined` where the prompt was not compared. */
  readonly cluster: number | undefined;
  /** Euclidean distance to it. */
  readonly distance: number | undefined;
  /** By model: the score in that cluster, or the mean of all clusters where the prompt was not compared. */
  readonly scores: Readonly<Record<string, number>>;
  /** By model: expected USD of this request. Models without a price are left out. */
  readonly costs: Readonly<Record<string, number>>;
  /** The fallback model was chosen, as the prompt says too little. */
  readonly abstained: boolean;
  /** Why the router abstained; `undefined` where it decided. */
  readonly reason: AbstainReason | undefined;
  /** The model that served this conversation before was kept, and nothing was compared. */
  readonly sticky: boolean;
}

/** What a router has done so far. */
export interface RouterStatus {
  /** Whether its decisions are used. */
  readonly mode: 'active' | 'shadow';
  /** Requests that it was asked about. */
  readonly decisions: number;
  /** By model, as this gateway names it. */
  readonly models: Readonly<Record<string, number>>;
  /** Requests that it left to the default, by reason. */
  readonly abstained: Readonly<Partial<Record<AbstainReason, number>>>;
  /** Requests that stayed on the model of their conversation. */
  readonly sticky: number;
}
