import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { progressPrinter } from '../../src/cli/progress.js';

const cli = fileURLToPath(new URL('../../src/cli/cli.ts', import.meta.url));
const hook = fileURLToPath(new URL('../support/source-hook.mjs', import.meta.url));

function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--import', hook, cli, ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'cli-'));
  onTestFinished(() => rm(made, { recursive: true }));
  return made;
}

const data = Array.from({ length: 60 }, (_, index) =>
  JSON.stringify(
    index % 2 === 0
      ? { prompt: `Add ${index} and ${index * 3}`, scores: { small: 1, large: 1 } }
      : { prompt: `Tell me a story about dragon number ${index}`, scores: { small: 0, large: 1 } },
  ),
).join('\n');
const prices = JSON.stringify({ small: { prompt: 0.1, completion: 0.1 }, large: { prompt: 5, completion: 5 } });

describe('nordlys-proxy', () => {
  it('trains and evaluates, on parts that do not overlap', { timeout: 60_000 }, async () => {
    const at = await folder();
    const path = (name: string): string => join(at, name);
    await writeFile(path('d.jsonl'), data);
    await writeFile(path('p.json'), prices);
    const common = ['--data', path('d.jsonl'), '--prices', path('p.json'), '--hold-out', '0.3'];
    const trained = await run('train', ...common, '--out', path('c.json'), '--clusters', 'auto');
    expect(trained).toMatchObject({ code: 0, stdout: expect.stringContaining('2 models') });
    // No terminal: plain lines.
    expect(trained.stderr).not.toContain('\u001B');
    expect(trained.stderr).toMatch(/^ +0 % counting features\n[\s\S]*100 % done\n$/);
    const evaluated = await run(
      'evaluate',
      ...common,
      '--checkpoint',
      path('c.json'),
      '--svg',
      path('e.svg'),
      '--json',
      path('e.json'),
    );
    expect(evaluated).toMatchObject({ code: 0, stderr: '' });
    expect(evaluated.stdout).toMatch(/\| router, tradeOff 0 /);
    expect(await readFile(path('e.svg'), 'utf8')).toContain('<polyline');
    const { prompts } = JSON.parse(await readFile(path('e.json'), 'utf8'));
    expect(prompts + Number(/^(\d+) prompts/.exec(trained.stdout)![1])).toBe(60);
  });

  it('prints the error without a stack, and exits with 1', { timeout: 60_000 }, async () => {
    const bad = join(await folder(), 'bad.jsonl');
    await writeFile(bad, '{"prompt":"a","scores":{"m":2}}\n');
    const cases = [
      [['tran'], 'unknown command "tran"'],
      [['train', '--data', bad], '--out is missing'],
      [['train', '--data', bad, '--out', bad], 'line 1: scores["m"] must be a number between 0 and 1, got 2'],
      [['evaluate', '--dta', bad], "Unknown option '--dta'"],
      [['evaluate', '--data', bad, '--checkpoint', bad], 'checkpoint: embedding is missing'],
    ] as const;
    const runs = await Promise.all(cases.map(async ([args, message]) => ({ ...(await run(...args)), message })));
    for (const { code, stderr, stdout, message } of runs) {
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toContain(message);
      expect(stderr).not.toContain('    at ');
    }
  });

  it.each([[[]], [['--help']], [['train', '--help']], [['evaluate', '-h']]])('helps (%j)', async (args) => {
    expect(await run(...args)).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('--data') });
  });
});

describe('progress', () => {
  it('is a bar on a terminal', () => {
    const written: string[] = [];
    const print = progressPrinter({ isTTY: true, write: (text) => written.push(text) });
    print({ step: 'half', done: 0.5 });
    print({ step: 'done', done: 1 });
    expect(written[0]).toBe(`\r\u001B[2K${'█'.repeat(15)}${'░'.repeat(15)}  50 % half`);
    expect(written[1]).toMatch(/100 % done\n$/);
  });

  it('is one line a step elsewhere', () => {
    const written: string[] = [];
    const print = progressPrinter({ write: (text) => written.push(text) });
    print({ step: 'embedding', done: 0.1 });
    print({ step: 'embedding', done: 0.2 });
    print({ step: 'done', done: 1 });
    expect(written).toEqual([' 10 % embedding\n', '100 % done\n']);
  });
});
