import { formatValue } from '../../options/checks.js';
import { isRecord } from '../../util/json-object.js';

/** One prompt with the score of each model. */
export interface TrainingLine {
  /** The text of the prompt. */
  readonly prompt: string;
  /** By model id, in [0, 1]; higher is better. A model may be left out. */
  readonly scores: Readonly<Record<string, number>>;
  /** USD that each model's response cost, where known. */
  readonly costs?: Readonly<Record<string, number>> | undefined;
}

/** Training lines as tables: one row a prompt, one column a model, in the order in which the models first appear. */
export interface TrainingTable {
  readonly prompts: readonly string[];
  readonly models: readonly string[];
  /** Row by row; NaN where a line has no score of a model. */
  readonly scores: Float32Array;
  /** USD; NaN where unknown. */
  readonly costs: Float64Array;
}

/**
 * Reads lines of JSON, one prompt a line. Empty lines are skipped.
 * @throws TypeError naming every bad line by its number (the first 20 of them).
 *
 * @example
 * const lines = parseTrainingLines(await readFile('prompts.jsonl', 'utf8'));
 */
export function parseTrainingLines(text: string): readonly TrainingLine[] {
  const lines: TrainingLine[] = [];
  const faults: string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    try {
      lines.push(checkLine(JSON.parse(line)));
    } catch (error) {
      faults.push(`line ${index + 1}: ${String((error as Error).message)}`);
    }
  }
  if (faults.length > 0) throw new TypeError(listFaults(faults));
  return lines;
}

const MOST_NAMED = 20;

function listFaults(faults: readonly string[]): string {
  const more = faults.length > MOST_NAMED ? `\n… and ${faults.length - MOST_NAMED} more.` : '';
  return `The training data has ${faults.length} bad ${faults.length === 1 ? 'line' : 'lines'}:\n${faults.slice(0, MOST_NAMED).join('\n')}${more}`;
}

function checkLine(value: unknown): TrainingLine {
  if (!isRecord(value)) throw new TypeError('must be an object { "prompt", "scores" }.');
  const { prompt, scores, costs } = value;
  if (typeof prompt !== 'string' || prompt === '')
    throw new TypeError(`prompt must be a non-empty string, got ${formatValue(prompt)}.`);
  const read = numbers('scores', scores, 1);
  if (Object.keys(read).length === 0) throw new TypeError('scores must name at least one model.');
  return costs === undefined || costs === null
    ? { prompt, scores: read }
    : { prompt, scores: read, costs: numbers('costs', costs, Number.MAX_VALUE) };
}

function numbers(path: string, value: unknown, most: number): Record<string, number> {
  if (!isRecord(value))
    throw new TypeError(`${path} must be an object of numbers by model, got ${formatValue(value)}.`);
  for (const [model, number] of Object.entries(value)) {
    if (typeof number === 'number' && number >= 0 && number <= most) continue;
    const range = most === 1 ? 'between 0 and 1' : '0 or more';
    throw new TypeError(`${path}[${JSON.stringify(model)}] must be a number ${range}, got ${formatValue(number)}.`);
  }
  return value as Record<string, number>;
}

/** `lines` as tables. @throws TypeError naming the line at fault, counted from 1, or where there are none. */
export function tabulate(lines: readonly TrainingLine[]): TrainingTable {
  if (lines.length === 0) throw new TypeError('The training data has no lines.');
  for (const [index, line] of lines.entries()) {
    try {
      checkLine(line);
    } catch (error) {
      throw new TypeError(`line ${index + 1}: ${String((error as Error).message)}`, { cause: error });
    }
  }
  const models = [...new Set(lines.flatMap(({ scores }) => Object.keys(scores)))];
  const width = models.length;
  const scores = new Float32Array(lines.length * width).fill(Number.NaN);
  const costs = new Float64Array(lines.length * width).fill(Number.NaN);
  for (const [row, line] of lines.entries()) {
    for (const [column, model] of models.entries()) {
      scores[row * width + column] = line.scores[model] ?? Number.NaN;
      costs[row * width + column] = line.costs?.[model] ?? Number.NaN;
    }
  }
  return { prompts: lines.map(({ prompt }) => prompt), models, scores, costs };
}

/**
 * Whether `prompt` belongs to the held-out part. Decided by its hash, so that training and evaluation agree.
 *
 * @example
 * const held = lines.filter(({ prompt }) => isHeldOut(prompt, 0.2));
 */
export function isHeldOut(prompt: string, share: number): boolean {
  let hash = 0x811c9dc5;
  for (let index = 0; index < prompt.length; index++) hash = Math.imul(hash ^ prompt.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) / 4_294_967_296 < share;
}
