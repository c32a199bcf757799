// Compares figures with the targets: `--from FILE` those of an earlier run, otherwise those of a run with the same flags
// as bench.ts. Exits with 1 when a target is missed. It measures time, so it is not a test: run it on a quiet machine.
import { readFileSync } from 'node:fs';
import type { Report } from './lib/report.ts';
import { runBenchmark } from './lib/run.ts';
import { readSettings } from './lib/settings.ts';
import { formatReport } from './lib/table.ts';
import { TARGETS } from './lib/targets.ts';

const report = await obtain(process.argv.slice(2));
let missed = 0;
for (const { what, limit, measured } of TARGETS) {
  const value = measured(report);
  const verdict = value === undefined ? 'not measured' : value <= limit ? 'holds' : 'MISSED';
  if (verdict === 'MISSED') missed++;
  const figures = value === undefined ? '' : `${Number(value.toPrecision(3))} of ${limit}`;
  process.stdout.write(`${verdict.padEnd(12)} ${figures.padStart(16)}  ${what}\n`);
}
process.stdout.write(missed === 0 ? '\nall measured targets hold\n' : `\n${missed} missed\n`);
process.exitCode = missed === 0 ? 0 : 1;

async function obtain(argv: readonly string[]): Promise<Report> {
  const from = argv.indexOf('--from');
  if (from >= 0) return JSON.parse(readFileSync(argv[from + 1] ?? '', 'utf8')) as Report;
  const report = await runBenchmark(readSettings(argv), (what) => process.stderr.write(`… ${what}\n`));
  process.stdout.write(`\n${formatReport(report)}\n`);
  return report;
}
