/** How much money counts beside quality. */
export interface CostPolicy {
  /** Score points that one USD of expected cost takes away. 0: quality alone. */
  readonly tradeOff: number;
  /** Where set: the cheapest model whose score is within this much of the best one. */
  readonly maxQualityLoss: number | undefined;
}

export const QUALITY_ALONE: CostPolicy = Object.freeze({ tradeOff: 0, maxQualityLoss: undefined });

/** @throws TypeError where both are given. */
export function costPolicy(tradeOff = 0, maxQualityLoss?: number): CostPolicy {
  if (tradeOff > 0 && maxQualityLoss !== undefined) {
    throw new TypeError('tradeOff and maxQualityLoss are two ways to save: give one of them.');
  }
  return { tradeOff, maxQualityLoss };
}

export interface ScoredModel {
  readonly id: string;
  readonly score: number;
  /** `undefined`: unknown, counted as the dearest of those that are known. */
  readonly costUsd: number | undefined;
}

/** `models` first choice first. Stable: ties stay in the given order. */
export function rankByCost<Model extends ScoredModel>(models: readonly Model[], policy: CostPolicy): readonly Model[] {
  const byScore = [...models].sort((a, b) => b.score - a.score);
  const { tradeOff, maxQualityLoss } = policy;
  if (tradeOff === 0 && maxQualityLoss === undefined) return byScore;
  const dearest = Math.max(0, ...models.map(({ costUsd }) => costUsd ?? 0));
  const costOf = ({ costUsd }: Model): number => costUsd ?? dearest;
  if (maxQualityLoss === undefined) {
    const value = (model: Model): number => model.score - tradeOff * costOf(model);
    return byScore.sort((a, b) => value(b) - value(a));
  }
  const floor = (byScore[0]?.score ?? 0) - maxQualityLoss;
  // Scores are float32: 0.9 − 0.1 must admit 0.8.
  const isWithin = ({ score }: Model): boolean => Math.fround(score) >= Math.fround(floor) - 1e-7;
  const within = byScore.filter(isWithin).sort((a, b) => costOf(a) - costOf(b));
  return [...within, ...byScore.filter((model) => !isWithin(model))];
}
