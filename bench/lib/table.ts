import type { PlanReport, Report, StreamReport, VariantReport, WorkloadReport } from './report.ts';
import { median, pairedDifference, pairedRatio, type Spread } from './statistics.ts';

/** Columns of ratios, where their baseline was measured. */
const BASELINES = [
  { id: 'bare', heading: '× bare' },
  { id: 'hpm', heading: '× Express + HPM' },
  { id: 'portkey', heading: '× Portkey' },
  { id: 'static', heading: '× Express route' },
];

/** Rows of tables of differences, and the row that lacks just what they have. */
const WITHOUT: Readonly<Record<string, string>> = {
  'stages-1': 'stages-0',
  'stages-2': 'stages-1',
  'stages-3': 'stages-2',
  'stages-4': 'stages-3',
  'stages-5': 'stages-3',
  'gateway-before': 'gateway',
  'router-named': 'gateway',
  'router-auto': 'gateway',
  'router-auto-new': 'gateway',
  'guards-empty': 'gateway',
  'guard-input': 'gateway',
  'guard-beside': 'gateway',
  'guard-hold': 'gateway',
  'redact-input': 'gateway',
  'redact-restore': 'gateway',
  'redact-output': 'gateway',
  'slow-before': 'gateway',
  'slow-beside': 'gateway',
};

/** The whole report as markdown. */
export function formatReport({ machine, workloads, streams, plan, notes }: Report): string {
  const { date, node, cpu, cores, memoryGiB, platform, pinned, quick } = machine;
  const parts = [
    `${date}, Node ${node}, ${cpu}, ${cores} cores, ${memoryGiB} GiB, ${platform}` +
      `${pinned ? '' : ', not pinned'}${quick ? ', quick run' : ''}`,
    ...workloads.map((workload) => (hasDifferences(workload) ? differenceTable(workload) : workloadTable(workload))),
    ...streams.map(streamTable),
    ...(plan.length > 0 ? [planTable(plan)] : []),
    ...(notes.length > 0 ? [`Not measured: ${notes.join('; ')}.`] : []),
  ];
  return `${parts.join('\n\n')}\n`;
}

function workloadTable({ id, title, variants }: WorkloadReport): string {
  const columns = id.startsWith('formats-') ? [{ id: 'gateway', heading: "× OpenAI's form" }] : BASELINES;
  const baselines = columns.filter((baseline) => variants.some((each) => each.id === baseline.id));
  const latency = variants.some(({ added }) => added.length > 0);
  const rows = variants.map((each) => [
    each.title,
    micros(median(each.cpuMicros)),
    ...baselines.map((baseline) =>
      ratio(
        each,
        variants.find((other) => other.id === baseline.id)!,
      ),
    ),
    micros(median(each.requestsPerSecond)),
    `${micros(median(each.latency.map(({ p50 }) => p50)))} / ${micros(median(each.latency.map(({ p99 }) => p99)))}`,
    ...(latency ? [addedLatency(each)] : []),
    megabytes(each.peakRssBytes),
    each.pauses === undefined ? '' : each.pauses.medianScavengeMs.toFixed(1),
    `${Math.round(each.disturbance * 100)} %`,
  ]);
  return table(
    `${id}: ${title}`,
    [
      '',
      'CPU µs/request',
      ...baselines.map(({ heading }) => heading),
      'requests/s',
      'p50 / p99 µs',
      ...(latency ? ['added p50 / p99 µs, 1 client'] : []),
      'peak RSS MB',
      'scavenge ms',
      'disturbed',
    ],
    rows,
  );
}

function hasDifferences({ variants }: WorkloadReport): boolean {
  return variants.some((each) => rowWithout(each, variants) !== undefined);
}

function rowWithout({ id }: VariantReport, variants: readonly VariantReport[]): VariantReport | undefined {
  return variants.find((other) => other.id === WITHOUT[id]);
}

function differenceTable({ id, title, variants }: WorkloadReport): string {
  const latency = variants.some(({ added }) => added.length > 0);
  const rows = variants.map((each) => {
    const other = rowWithout(each, variants);
    const difference = (values: (report: VariantReport) => readonly number[]): string =>
      other === undefined ? '' : signedSpread(pairedDifference(values(each), values(other)));
    return [
      each.title,
      micros(median(each.cpuMicros)),
      other === undefined ? '' : ratio(each, other),
      difference(({ cpuMicros }) => cpuMicros),
      ...(latency ? [addedLatency(each), difference(({ added }) => added.map(({ p50 }) => p50))] : []),
    ];
  });
  const headings = [
    '',
    'CPU µs/request',
    '× without it',
    'more than without it',
    ...(latency ? ['added p50 / p99 µs, 1 client', 'p50 more than without it'] : []),
  ];
  return table(`${id}: ${title}`, headings, rows);
}

function streamTable({ id, title, variants }: StreamReport): string {
  const rows = variants.map((each) => [
    each.title,
    each.cpuMicrosPerEvent.toFixed(1),
    `${Math.round(each.cpuShare * 100)} %`,
    `${micros(each.added.p50)} / ${micros(each.added.p99)}`,
    megabytes(each.rssBytes),
    (each.rssPerStreamBytes / 1_024).toFixed(1),
    each.pauses === undefined ? '' : each.pauses.loopDelayP99Ms.toFixed(1),
  ]);
  const headings = [
    '',
    'CPU µs/event',
    'of a core',
    'added p50 / p99 µs per event',
    'RSS MB',
    'KB/stream',
    'loop delay p99 ms',
  ];
  return table(`${id}: ${title}`, headings, rows);
}

function planTable(plan: readonly PlanReport[]): string {
  const rows = plan.map(({ endpoints, request, micros }) => [String(endpoints), request, micros.toFixed(1)]);
  return table('plan()', ['endpoints', 'request', 'CPU µs/call'], rows);
}

function ratio(each: VariantReport, baseline: VariantReport): string {
  return each.id === baseline.id ? '1' : spreadText(pairedRatio(each.cpuMicros, baseline.cpuMicros));
}

function spreadText({ min, median, max }: Spread): string {
  return `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;
}

function addedLatency({ added }: VariantReport): string {
  return `${micros(median(added.map(({ p50 }) => p50)))} / ${micros(median(added.map(({ p99 }) => p99)))}`;
}

function micros(value: number): string {
  return value < 1_000 ? value.toFixed(value < 100 ? 1 : 0) : Math.round(value).toLocaleString('en');
}

function signedSpread({ min, median: middle, max }: Spread): string {
  return `${signed(middle)} (${signed(min)} to ${signed(max)})`;
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(1)}`;
}

function megabytes(bytes: number): string {
  return String(Math.round(bytes / 2 ** 20));
}

/** A Markdown table with padded columns. */
function table(title: string, headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, 3, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join(' | ')} |`;
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [`### ${title}`, '', line(headings), line(rule), ...rows.map(line)].join('\n');
}
