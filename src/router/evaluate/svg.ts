import type { CurvePoint, Evaluation, EvaluationRow } from './evaluate.js';

const WIDTH = 720;
const HEIGHT = 420;
const LEFT = 60;
const RIGHT = 20;
const TOP = 40;
const BOTTOM = 50;

interface Dot {
  readonly cost: number;
  readonly quality: number;
}

interface Scale {
  x(cost: number): string;
  y(quality: number): string;
  readonly ticks: { readonly cost: readonly number[]; readonly quality: readonly number[] };
}

/**
 * Cost against quality: one curve over `tradeOff`, one dot for each other choice. Empty where costs are unknown.
 *
 * @example
 * await writeFile('curve.svg', evaluationSvg(evaluation));
 */
export function evaluationSvg({ rows, curve, prompts }: Evaluation): string {
  const dots = rows.flatMap((row) => (row.costPerThousand === undefined || row.kind === 'router' ? [] : [row]));
  const scale = scaleOf([...curve.map(toDot), ...dots.map(rowToDot)]);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="11">
<title>Cost against quality on ${prompts} prompts</title>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>
<text x="${LEFT}" y="22" font-size="14" fill="#111111">Cost against quality, ${prompts} prompts</text>
${axes(scale)}
${curve.length === 0 ? '' : line(curve, scale)}
${dots.map((row) => dot(row, scale)).join('\n')}
</svg>
`;
}

function toDot({ costPerThousand: cost, quality }: CurvePoint): Dot {
  return { cost, quality };
}

function rowToDot({ costPerThousand, quality }: EvaluationRow): Dot {
  return { cost: costPerThousand!.mean, quality: quality.mean };
}

function scaleOf(dots: readonly Dot[]): Scale {
  const costs = dots.map(({ cost }) => cost);
  const qualities = dots.map(({ quality }) => quality);
  const mostCost = Math.max(...costs, 0) * 1.1 || 1;
  const low = Math.max(0, Math.min(...qualities, 1) - 0.05);
  const high = Math.min(1, Math.max(...qualities, 0) + 0.05);
  const steps = [0, 0.25, 0.5, 0.75, 1];
  return {
    x: (cost) => (LEFT + (cost / mostCost) * (WIDTH - LEFT - RIGHT)).toFixed(1),
    y: (quality) => (HEIGHT - BOTTOM - ((quality - low) / (high - low || 1)) * (HEIGHT - TOP - BOTTOM)).toFixed(1),
    ticks: { cost: steps.map((step) => step * mostCost), quality: steps.map((step) => low + step * (high - low)) },
  };
}

function axes({ x, y, ticks }: Scale): string {
  const vertical = ticks.quality.map(
    (quality) =>
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(quality)}" y2="${y(quality)}" stroke="#e5e5e5"/><text x="${LEFT - 8}" y="${y(quality)}" text-anchor="end" dominant-baseline="middle" fill="#555555">${quality.toFixed(2)}</text>`,
  );
  const horizontal = ticks.cost.map(
    (cost) =>
      `<text x="${x(cost)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle" fill="#555555">${Number(cost.toPrecision(2))}</text>`,
  );
  return `${vertical.join('')}${horizontal.join('')}<text x="${WIDTH / 2}" y="${HEIGHT - 10}" text-anchor="middle" fill="#555555">USD per 1,000 requests</text>`;
}

function line(curve: readonly CurvePoint[], { x, y }: Scale): string {
  const points = curve.map(({ costPerThousand, quality }) => `${x(costPerThousand)},${y(quality)}`).join(' ');
  const [first] = curve;
  return `<polyline points="${points}" fill="none" stroke="#0b7a5e" stroke-width="2"/><text x="${x(first!.costPerThousand)}" y="${Number(y(first!.quality)) - 8}" text-anchor="end" fill="#0b7a5e">router, tradeOff 0</text>`;
}

function dot(row: EvaluationRow, { x, y }: Scale): string {
  const { cost, quality } = rowToDot(row);
  const colour = row.kind === 'model' ? '#44546a' : '#b3541e';
  const onRight = Number(x(cost)) > WIDTH * 0.7;
  const label = `x="${Number(x(cost)) + (onRight ? -7 : 7)}" y="${y(quality)}" text-anchor="${onRight ? 'end' : 'start'}"`;
  return `<circle cx="${x(cost)}" cy="${y(quality)}" r="4" fill="${colour}"/><text ${label} dominant-baseline="middle" fill="#333333">${escapeXml(row.name)}</text>`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
