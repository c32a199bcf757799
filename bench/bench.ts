// The benchmark: the cost of this package, compared with other proxies between clients and a model's API.
import { writeFileSync } from 'node:fs';
import { runBenchmark } from './lib/run.ts';
import { readSettings, USAGE } from './lib/settings.ts';
import { formatReport } from './lib/table.ts';

const argv = process.argv.slice(2);
if (argv.includes('--help')) {
  process.stdout.write(`${USAGE}\n`);
} else {
  const settings = readSettings(argv);
  const report = await runBenchmark(settings, (what) => process.stderr.write(`… ${what}\n`));
  if (settings.json !== undefined) writeFileSync(settings.json, `${JSON.stringify(report, undefined, 2)}\n`);
  process.stdout.write(`\n${formatReport(report)}`);
}
