import type { Interval } from './bootstrap.js';
import { type Evaluation, shortNumber } from './evaluate.js';

/**
 * An evaluation as a table in plain text (and Markdown).
 *
 * @example
 * console.log(evaluationTable(evaluation));
 */
export function evaluationTable(evaluation: Evaluation): string {
  const { rows, at97, gain, bestModel, prompts } = evaluation;
  const cells = rows.map(({ name, quality, costPerThousand }) => [
    name,
    interval(quality, 3),
    costPerThousand === undefined ? 'unknown' : interval(costPerThousand, 4),
  ]);
  const table = alignColumns([['choice', 'quality [95 %]', 'USD per 1,000 [95 %]'], ...cells]);
  const lines = [
    `${prompts} prompts`,
    '',
    ...table,
    '',
    `Router at tradeOff 0 minus ${bestModel}, prompt by prompt: ${interval(gain, 3)}`,
  ];
  if (at97 !== undefined) {
    lines.push(
      `Cheapest point of the curve with 97 % of ${bestModel}'s quality: ${(at97.shareOfBestCost * 100).toFixed(0)} % of its cost ` +
        `(quality ${at97.quality.toFixed(3)}, tradeOff ${shortNumber(at97.tradeOff)}; chosen with hindsight on these prompts)`,
    );
  }
  return lines.join('\n');
}

function interval({ mean, low, high }: Interval, digits: number): string {
  return `${mean.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
}

function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  const [head, ...body] = rows;
  return [line(head!), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...body.map((row) => line(row))];
}
