import { defineOptions, type Parsed, type RowsFor } from '../../options/group.js';
import { abortSignal, count, func } from '../../options/rows.js';
import type { Checkpoint, CheckpointDocument } from '../checkpoint/types.js';
import type { ModelPrice } from '../cost.js';
import type { Embedder } from '../embed/embedder.js';
import { embedderFor, pointOf, toCheckpoint } from '../prepare.js';
import { QUALITY_ALONE } from '../rank.js';
import { costTable, tradeOffGrid } from '../train/curve.js';
import { TRAIN } from '../train/options.js';
import { tabulate, type TrainingLine } from '../train/training-data.js';
import { bootstrapMean, type Interval } from './bootstrap.js';
import { type Choices, type Exam, oracleChoices, routerChoices, singleChoices } from './strategies.js';

/** What is evaluated, and how often it is resampled. */
export interface EvaluateOptions {
  /** The embedder. @defaultValue the hashing embedder with the checkpoint's weights */
  readonly embed?: Embedder | undefined;
  /** USD per million tokens by model, where the lines hold no costs. */
  readonly prices?: Readonly<Record<string, ModelPrice>> | undefined;
  /** Tokens of a response that cost estimates assume. @defaultValue `400` */
  readonly completionTokens?: number | undefined;
  /** Bootstrap resamples. @defaultValue `1_000` */
  readonly resamples?: number | undefined;
  /** Seed of the bootstrap. @defaultValue `42` */
  readonly seed?: number | undefined;
  /** Aborts the evaluation. */
  readonly signal?: AbortSignal | undefined;
}

/** One way to choose models, with 95 % intervals. */
export interface EvaluationRow {
  /** Shown in tables. */
  readonly name: string;
  /** What chooses the model. */
  readonly kind: 'router' | 'model' | 'random' | 'cheapest' | 'oracle';
  /** Mean score. */
  readonly quality: Interval;
  /** USD per 1,000 requests; `undefined` where costs are unknown. */
  readonly costPerThousand: Interval | undefined;
}

/** One point of the curve over `tradeOff`. */
export interface CurvePoint {
  /** The option `tradeOff`. */
  readonly tradeOff: number;
  /** Mean score. */
  readonly quality: number;
  /** USD per 1,000 requests. */
  readonly costPerThousand: number;
}

/** Quality and cost of the router and of what it is compared with. */
export interface Evaluation {
  /** Lines that were used. */
  readonly prompts: number;
  /** The router, and what it is compared with. */
  readonly rows: readonly EvaluationRow[];
  /** Quality of the router at `tradeOff: 0` minus that of the best single model, prompt by prompt. */
  readonly gain: Interval;
  /** The single model with the best mean score. */
  readonly bestModel: string;
  /** Empty where costs are unknown. */
  readonly curve: readonly CurvePoint[];
  /** The cheapest point of the curve that keeps 97 % of the best single model's quality: chosen with hindsight. */
  readonly at97: (CurvePoint & { readonly shareOfBestCost: number }) | undefined;
}

export const EVALUATE = defineOptions({
  path: 'evaluate',
  prefix: '',
  rows: {
    embed: func<Embedder>('(text, { signal }) => vector', 'The embedder.').defaultsTo(
      "the hashing embedder, with the checkpoint's weights",
    ),
    prices: TRAIN.rows.prices,
    completionTokens: TRAIN.rows.completionTokens,
    resamples: count('resamples', 'Bootstrap resamples.').or(1_000),
    seed: TRAIN.rows.seed,
    signal: abortSignal('Ends the evaluation.'),
  } satisfies RowsFor<EvaluateOptions>,
});

type ResolvedOptions = Parsed<typeof EVALUATE.rows>;

const KEPT = 0.97;

/**
 * Quality and cost of a checkpoint on prompts that it was not trained on, beside each single model, random choice, the
 * cheapest model and the oracle.
 * @throws TypeError for a line (counted from 1) or an option that is wrong, or where a line lacks a model's score.
 *
 * @example
 * const evaluation = await evaluate(held, checkpoint, { prices });
 */
export async function evaluate(
  lines: readonly TrainingLine[],
  document: Checkpoint | CheckpointDocument,
  given: EvaluateOptions = {},
): Promise<Evaluation> {
  const options = EVALUATE.parse(given);
  const checkpoint = toCheckpoint(document);
  const exam = examOf(lines, options);
  const choose = routerChoices(exam, checkpoint, await pointsOf(exam, checkpoint, options));
  const judge = judgeOf(exam, options);
  const singles = exam.table.models.map((model, column) => judge(model, 'model', singleChoices(exam, column)));
  const best = singles.reduce((most, row) => (row.quality.mean > most.quality.mean ? row : most));
  const quality = choose(QUALITY_ALONE);
  const curve = best.costPerThousand === undefined ? [] : curveOf(exam, choose);
  return {
    prompts: lines.length,
    rows: [
      judge('router, tradeOff 0', 'router', quality),
      ...storedTradeOffs(checkpoint, curve.length > 0).map(({ quality: kept, trade_off: tradeOff }) =>
        judge(`router, tradeOff ${shortNumber(tradeOff)} (chosen in training to keep ${kept * 100} %)`, 'router',
          choose({ tradeOff, maxQualityLoss: undefined }))), // prettier-ignore
      ...singles,
      ...baselines(exam, singles, judge),
    ],
    gain: gainOver(exam, quality, exam.table.models.indexOf(best.name), options),
    bestModel: best.name,
    curve,
    at97: cheapestAt(curve, best),
  };
}

function examOf(lines: readonly TrainingLine[], options: ResolvedOptions): Exam {
  const table = tabulate(lines);
  const missing = table.scores.findIndex((score) => Number.isNaN(score));
  if (missing >= 0) {
    const width = table.models.length;
    throw new TypeError(
      `line ${Math.floor(missing / width) + 1}: scores has no "${table.models[missing % width]}", which other lines have.`,
    );
  }
  const { prices, completionTokens } = options;
  return { table, prices, completionTokens, costs: costTable(table, prices, completionTokens) };
}

async function pointsOf(
  { table }: Exam,
  checkpoint: Checkpoint,
  options: ResolvedOptions,
): Promise<readonly Float32Array[]> {
  const embed = embedderFor(checkpoint, options.embed);
  const signal = options.signal ?? new AbortController().signal;
  const points: Float32Array[] = [];
  for (const prompt of table.prompts) {
    signal.throwIfAborted();
    points.push(pointOf(checkpoint, await embed(checkpoint.embedding.prompt + prompt, { signal })));
  }
  return points;
}

type Judge = (name: string, kind: EvaluationRow['kind'], choices: Choices) => EvaluationRow;

function judgeOf({ table, costs }: Exam, { resamples: times, seed }: ResolvedOptions): Judge {
  const width = table.models.length;
  const pick = (values: ArrayLike<number>, choices: Choices, factor: number): Float64Array =>
    Float64Array.from(choices, (column, row) => (column < 0 ? 0 : values[row * width + column]! * factor));
  return function judge(name, kind, choices) {
    const paid = pick(costs, choices, 1_000);
    return {
      name,
      kind,
      quality: bootstrapMean(pick(table.scores, choices, 1), times, seed),
      costPerThousand: paid.some((cost) => Number.isNaN(cost)) ? undefined : bootstrapMean(paid, times, seed),
    };
  };
}

function storedTradeOffs({ extras }: Checkpoint, hasCosts: boolean): NonNullable<Checkpoint['extras']['trade_offs']> {
  return hasCosts ? (extras.trade_offs ?? []) : [];
}

function baselines(exam: Exam, singles: readonly EvaluationRow[], judge: Judge): readonly EvaluationRow[] {
  const priced = singles.filter(({ costPerThousand }) => costPerThousand !== undefined);
  const cheapest = priced.reduce<EvaluationRow | undefined>(
    (least, row) => (least === undefined || row.costPerThousand!.mean < least.costPerThousand!.mean ? row : least),
    undefined,
  );
  const { length } = exam.table.models;
  const spread = Int32Array.from(exam.table.prompts, (_, row) => Math.floor((((row + 1) * 0.6180339887) % 1) * length));
  return [
    judge('random', 'random', spread),
    ...(cheapest === undefined
      ? []
      : [{ ...cheapest, name: `cheapest (${cheapest.name})`, kind: 'cheapest' as const }]),
    judge('oracle', 'oracle', oracleChoices(exam)),
  ];
}

function gainOver({ table }: Exam, choices: Choices, best: number, { resamples, seed }: ResolvedOptions): Interval {
  const width = table.models.length;
  const gains = Float64Array.from(choices, (column, row) =>
    column < 0
      ? -table.scores[row * width + best]!
      : table.scores[row * width + column]! - table.scores[row * width + best]!,
  );
  return bootstrapMean(gains, resamples, seed);
}

function curveOf({ table, costs }: Exam, choose: ReturnType<typeof routerChoices>): readonly CurvePoint[] {
  const width = table.models.length;
  return tradeOffGrid(costs).map((tradeOff) => {
    let quality = 0;
    let usd = 0;
    const choices = choose({ tradeOff, maxQualityLoss: undefined });
    for (const [row, column] of choices.entries()) {
      if (column < 0) continue;
      quality += table.scores[row * width + column]!;
      usd += costs[row * width + column]!;
    }
    return { tradeOff, quality: quality / choices.length, costPerThousand: (usd * 1_000) / choices.length };
  });
}

function cheapestAt(curve: readonly CurvePoint[], best: EvaluationRow): Evaluation['at97'] {
  const good = curve.filter(({ quality }) => quality >= KEPT * best.quality.mean);
  if (good.length === 0 || best.costPerThousand === undefined) return undefined;
  const cheapest = good.reduce((least, point) => (point.costPerThousand < least.costPerThousand ? point : least));
  return { ...cheapest, shareOfBestCost: cheapest.costPerThousand / best.costPerThousand.mean };
}

/** Three significant digits. */
export function shortNumber(value: number): string {
  return String(Number(value.toPrecision(3)));
}
