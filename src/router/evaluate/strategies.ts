import type { Checkpoint } from '../checkpoint/types.js';
import { estimateTokens, expectedUsd, type ModelPrice } from '../cost.js';
import { CentroidIndex } from '../nearest.js';
import { QUALITY_ALONE, rankByCost, type CostPolicy } from '../rank.js';
import type { TrainingTable } from '../train/training-data.js';

/** What is evaluated on: every score known, the cost of each model on each prompt where it is known at all. */
export interface Exam {
  readonly table: TrainingTable;
  /** Row by row; NaN where unknown. */
  readonly costs: Float64Array;
  readonly prices: ReadonlyMap<string, ModelPrice> | undefined;
  readonly completionTokens: number;
}

/** For each row the chosen column; −1 where there was nothing to choose. */
export type Choices = Int32Array;

/** How the router would choose, at any policy: nearest centroids are looked up once. */
export function routerChoices(
  exam: Exam,
  checkpoint: Checkpoint,
  points: readonly Float32Array[],
): (policy: CostPolicy) => Choices {
  const { models, prompts } = exam.table;
  const columns = new Map(models.map((model, column) => [model, column]));
  const known = checkpoint.models.filter(({ id }) => columns.has(id));
  const centroids = new CentroidIndex(checkpoint);
  const clusters = points.map((point) => centroids.nearest(point).cluster);
  return function choose(policy) {
    return Int32Array.from(prompts, (prompt, row) => {
      const cluster = clusters[row]!;
      const candidates = known.map(({ id, scores }) => ({
        id,
        score: scores[cluster]!,
        costUsd: policy === QUALITY_ALONE ? undefined : expectedCost(exam, checkpoint, { id, cluster, prompt }),
      }));
      const [first] = rankByCost(candidates, policy);
      return first === undefined ? -1 : columns.get(first.id)!;
    });
  };
}

function expectedCost(
  { prices, completionTokens }: Exam,
  { extras }: Checkpoint,
  { id, cluster, prompt }: { readonly id: string; readonly cluster: number; readonly prompt: string },
): number | undefined {
  const price = prices?.get(id);
  if (price !== undefined) return expectedUsd(price, { prompt: estimateTokens(prompt), completion: completionTokens });
  return extras.costs?.find(({ model_id: model }) => model === id)?.usd[cluster];
}

/** Each prompt at its best model, the cheaper one among equals: what no router can exceed. */
export function oracleChoices({ table, costs }: Exam): Choices {
  const width = table.models.length;
  return Int32Array.from(table.prompts, (_, row) => {
    let best = 0;
    for (let column = 1; column < width; column++) {
      const gain = table.scores[row * width + column]! - table.scores[row * width + best]!;
      const saving = costs[row * width + best]! - costs[row * width + column]!;
      if (gain > 0 || (gain === 0 && saving > 0)) best = column;
    }
    return best;
  });
}

/** The same model for every prompt. */
export function singleChoices({ table }: Exam, column: number): Choices {
  return new Int32Array(table.prompts.length).fill(column);
}
