import { readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { compile, programFolder, root } from './programs.js';

const folder = programFolder('guards');
const page = readFileSync(join(root, 'docs/guards.md'), 'utf8');
const blocks = [...page.matchAll(/```ts( prelude)?\n([\s\S]*?)```/g)];
const [prelude] = blocks.filter(([, name]) => name !== undefined).map(([, , code]) => code!);
const snippets = blocks.filter(([, name]) => name === undefined).map(([, , code]) => code!);

afterAll(() => rm(folder, { recursive: true, force: true }));

it('every snippet about guards compiles as it is printed, behind the prelude that the page shows', async () => {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const [index, code] of snippets.entries())
    await writeFile(join(folder, `snippet-${index}.ts`), behindPrelude(code));
  expect(snippets.length).toBeGreaterThan(5);
  await compile(folder);
});

/** Declarations stay at the top; the rest stands in a block, where it may have a gateway of its own. */
function behindPrelude(code: string): string {
  const top = code.match(/^(?:import|declare) .*;\n/gm) ?? [];
  const rest = top.reduce((text, line) => text.replace(line, ''), code);
  return `${top.join('')}${prelude}{\n${rest}}\n`;
}
