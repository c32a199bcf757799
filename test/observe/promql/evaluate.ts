import { parseExposition } from '../prometheus.js';
import { parseQuery, type Expression, type Matcher } from './parse.js';

type Labels = Readonly<Record<string, string>>;

/** One element of a result. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** What was exposed at the beginning and at the end of one interval. */
export interface Scrapes {
  readonly before: string;
  readonly after: string;
  readonly seconds: number;
  /** A metric or a label that is nowhere exposed is an error, as a misspelt one is. */
  readonly isStrict: boolean;
}

interface Series {
  readonly name: string;
  readonly labels: Labels;
  readonly key: string;
  readonly value: number;
}

interface Data {
  readonly series: readonly Series[];
  readonly before: ReadonlyMap<string, number>;
  readonly scrapes: Scrapes;
}

/** The result of `query` at the time of the later scrape. */
export function evaluate(query: string, scrapes: Scrapes): readonly Sample[] {
  const series = [...parseExposition(scrapes.after)].map(([key, value]) => ({ key, value, ...readKey(key) }));
  const result = run(parseQuery(query), { series, before: parseExposition(scrapes.before), scrapes });
  return typeof result === 'number' ? [{ labels: {}, value: result }] : result;
}

function readKey(key: string): { name: string; labels: Labels } {
  const [name] = key.split('{', 1);
  const labels = [...key.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, value]) => [label!, value!]);
  return { name: name!, labels: Object.fromEntries(labels) as Labels };
}

type Result = number | readonly Sample[];

function run(expression: Expression, data: Data): Result {
  switch (expression.kind) {
    case 'number':
      return expression.value;
    case 'selector':
      if (expression.isRange) throw new Error(`${expression.metric}[…] stands outside of a function`);
      return select(expression, data);
    case 'call':
      return call(expression, data);
    case 'aggregate':
      return aggregate(expression, data);
    case 'binary':
      return binary(expression.operator, run(expression.left, data), run(expression.right, data));
  }
}

type Selector = Extract<Expression, { kind: 'selector' }>;

function select({ metric, matchers }: Selector, { series, scrapes }: Data): readonly Series[] {
  const named = series.filter(({ name }) => name === metric);
  if (scrapes.isStrict) {
    if (named.length === 0) throw new Error(`${metric} is not exposed`);
    for (const { label } of matchers) requireLabel(named, label, metric);
  }
  return named.filter(({ labels }) => matchers.every((matcher) => matches(labels, matcher)));
}

function requireLabel(samples: readonly Sample[], label: string, of: string): void {
  if (!samples.some(({ labels }) => Object.hasOwn(labels, label))) throw new Error(`${of} has no label ${label}`);
}

function matches(labels: Labels, { label, operator, value }: Matcher): boolean {
  const has = labels[label] ?? '';
  const isMatch = operator.includes('~') ? new RegExp(`^(?:${value})$`).test(has) : has === value;
  return operator.startsWith('!') ? !isMatch : isMatch;
}

function call({ name, parameters }: Extract<Expression, { kind: 'call' }>, data: Data): Result {
  if (name === 'histogram_quantile') {
    return quantiles(run(parameters[0]!, data) as number, run(parameters[1]!, data) as readonly Sample[]);
  }
  const [selector] = parameters;
  if (selector?.kind !== 'selector' || selector.isRange === (name === 'absent')) {
    throw new Error(`${name} has a parameter of another kind`);
  }
  const selected = select(selector, data);
  if (name === 'absent') return selected.length === 0 ? [{ labels: {}, value: 1 }] : [];
  if (!/_(?:total|count|sum|bucket)$/.test(selector.metric)) throw new Error(`${selector.metric} is no counter`);
  const divisor = name === 'rate' ? data.scrapes.seconds : 1;
  return selected.map(({ labels, key, value }) => ({ labels, value: (value - (data.before.get(key) ?? 0)) / divisor }));
}

function aggregate({ name, by, parameters }: Extract<Expression, { kind: 'aggregate' }>, data: Data): Result {
  const samples = run(parameters.at(-1)!, data) as readonly Sample[];
  if (name === 'topk') {
    const count = run(parameters[0]!, data) as number;
    return samples.toSorted((a, b) => b.value - a.value).slice(0, count);
  }
  if (data.scrapes.isStrict) for (const label of by) requireLabel(samples, label, `by (${by.join(', ')})`);
  const groups = groupBy(samples, ({ labels }) => JSON.stringify(by.map((label) => [label, labels[label] ?? ''])));
  return [...groups].map(([group, members]) => ({
    labels: Object.fromEntries(JSON.parse(group) as [string, string][]),
    value: reduce(
      name,
      members.map(({ value }) => value),
    ),
  }));
}

function groupBy(samples: readonly Sample[], keyOf: (sample: Sample) => string): Map<string, Sample[]> {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const key = keyOf(sample);
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  return groups;
}

function reduce(name: string, values: readonly number[]): number {
  if (name === 'count') return values.length;
  if (name === 'max') return Math.max(...values);
  if (name === 'min') return Math.min(...values);
  return values.reduce((sum, value) => sum + value, 0);
}

/** Interpolates within the bucket, as Prometheus does. */
function quantiles(quantile: number, buckets: readonly Sample[]): readonly Sample[] {
  const groups = groupBy(buckets, ({ labels }) => signature(without(labels, 'le')));
  return [...groups].map(([group, members]) => {
    const sorted = members
      .map(({ labels, value }) => ({ bound: labels['le'] === '+Inf' ? Infinity : Number(labels['le']), value }))
      .toSorted((a, b) => a.bound - b.bound);
    return { labels: Object.fromEntries(JSON.parse(group) as [string, string][]), value: quantileOf(quantile, sorted) };
  });
}

function without(labels: Labels, name: string): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([label]) => label !== name));
}

function quantileOf(quantile: number, buckets: readonly { bound: number; value: number }[]): number {
  if (buckets.at(-1)?.bound !== Infinity) throw new Error('histogram_quantile needs buckets up to +Inf');
  const rank = quantile * buckets.at(-1)!.value;
  if (rank === 0) return NaN;
  const index = buckets.findIndex(({ value }) => value >= rank);
  const { bound, value } = buckets[index]!;
  const below = buckets[index - 1] ?? { bound: 0, value: 0 };
  if (bound === Infinity) return below.bound;
  return below.bound + ((bound - below.bound) * (rank - below.value)) / (value - below.value);
}

function binary(operator: string, left: Result, right: Result): Result {
  if (typeof left === 'number' && typeof right === 'number') return arithmetic(operator, left, right) ?? NaN;
  if (typeof left === 'number') {
    return (right as readonly Sample[]).flatMap(({ labels, value }) => {
      const result = arithmetic(operator, left, value);
      return result === undefined ? [] : [{ labels, value: result }];
    });
  }
  if (operator === 'or') return union(left, right as readonly Sample[]);
  const others =
    typeof right === 'number' ? right : new Map(right.map((sample) => [signature(sample.labels), sample.value]));
  return left.flatMap(({ labels, value }) => {
    const other = typeof others === 'number' ? others : others.get(signature(labels));
    const result = other === undefined ? undefined : arithmetic(operator, value, other);
    return result === undefined ? [] : [{ labels, value: result }];
  });
}

function union(left: readonly Sample[], right: readonly Sample[]): readonly Sample[] {
  const known = new Set(left.map(({ labels }) => signature(labels)));
  return [...left, ...right.filter(({ labels }) => !known.has(signature(labels)))];
}

/** `undefined`: a comparison that does not hold. */
function arithmetic(operator: string, a: number, b: number): number | undefined {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '>':
      return a > b ? a : undefined;
    case '<':
      return a < b ? a : undefined;
    case '>=':
      return a >= b ? a : undefined;
    case '<=':
      return a <= b ? a : undefined;
    case '==':
      return a === b ? a : undefined;
    default:
      throw new Error(`unknown operator ${operator}`);
  }
}

/** Series are matched by their labels; the name does not count. */
function signature(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
