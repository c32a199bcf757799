// Mutation testing: switches off one guard after the other in a copy of the source, and checks that a test fails.
// node bench/chaos/guards.ts [--from N] [--count N]
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Guard } from './guards/guard.ts';
import { GUARDS } from './guards/list.ts';
import { numbers } from './lib/options.ts';
import { print, printTable } from './lib/report.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const TIMEOUT_MS = 180_000;

type Outcome = 'noticed' | 'UNNOTICED' | 'not found in the source';

const { from, count: most } = numbers({ from: 1, count: GUARDS.length });
const copy = copyOfTheSource();
const outcomes = GUARDS.slice(from - 1, from - 1 + most).map((guard) => {
  const outcome = switchedOff(guard);
  print(`${guard.about}: ${outcome}`);
  return outcome;
});
rmSync(copy, { recursive: true });
const count = (wanted: Outcome): number => outcomes.filter((outcome) => outcome === wanted).length;
const passed = printTable('guards switched off one by one', [
  { name: 'guards', figure: outcomes.length },
  { name: 'unnoticed', figure: count('UNNOTICED'), gate: 'none', passed: count('UNNOTICED') === 0 },
  {
    name: 'not found in the source',
    figure: count('not found in the source'),
    gate: 'none',
    passed: count('not found in the source') === 0,
  },
]);
process.exitCode = passed ? 0 : 1;

function copyOfTheSource(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nordlys-guards-'));
  for (const part of ['src', 'test', 'vitest.config.ts', 'tsconfig.json', 'package.json'])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

function switchedOff(guard: Guard): Outcome {
  const path = join(copy, guard.file);
  const source = readFileSync(path, 'utf8');
  if (source.split(guard.from).length !== 2) return 'not found in the source';
  writeFileSync(
    path,
    source.replace(guard.from, () => guard.to),
  );
  try {
    return testsPass(guard.tests) ? 'UNNOTICED' : 'noticed';
  } finally {
    writeFileSync(path, source);
  }
}

function testsPass(tests: readonly string[]): boolean {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const there = tests.filter((test) => existsSync(join(copy, test)) || existsSync(join(copy, `${test}.test.ts`)));
  const run = spawnSync(process.execPath, [vitest, 'run', '--bail', '1', '--reporter', 'dot', ...there], {
    cwd: copy,
    timeout: TIMEOUT_MS,
    stdio: 'ignore',
  });
  return run.status === 0;
}
