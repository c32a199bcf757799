// Runs every example in a process of its own. One that fails, or does not end, fails the run.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const STAYS_UP = 'start.ts';
const programs = readdirSync(here).filter((name) => name.endsWith('.ts') && name !== 'run-all.ts');

let failed = 0;
for (const program of programs) {
  const { code, output } = await run(program);
  const ok = code === 0;
  if (!ok) failed++;
  process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} examples/${program}\n${ok ? '' : output}`);
}
process.stdout.write(`${programs.length - failed} of ${programs.length} examples passed\n`);
process.exitCode = failed === 0 ? 0 : 1;

function run(program: string): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program], { cwd: here, env: { ...process.env, PORT: '0' } });
    let output = '';
    const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
    const read = (text: Buffer): void => {
      output += text.toString();
      // A program that keeps running has passed once it listens; it must then end on SIGTERM.
      if (program === STAYS_UP && output.includes('listening on')) child.kill('SIGTERM');
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, output });
    });
  });
}
