import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { compile, programFolder, root } from './programs.js';

/** Pages whose programs have a test of their own, which runs them as well; and the reference, which shows signatures. */
const ELSEWHERE = /^(?:api\/|network|router|telemetry|testing)/;

/** Every other page with programs. On most pages they begin after one that is shown first. */
const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.md') && !ELSEWHERE.test(file))
  .map((file) => ({ file, text: readFileSync(join(root, 'docs', file), 'utf8') }))
  .filter(({ text }) => text.includes('```ts'));

/** What the snippets need of Next, which is not installed here. */
const NEXT_TYPES = `declare module 'next' {
  import type { IncomingMessage, ServerResponse } from 'node:http';
  export type NextApiRequest = IncomingMessage;
  export type NextApiResponse = ServerResponse;
}
`;

it('the pages with programs are found', () => {
  expect(pages.map(({ file }) => file)).toEqual(
    expect.arrayContaining([
      'caching.md',
      'guards.md',
      'hooks.md',
      'limits.md',
      'mounting.md',
      'operations.md',
      'recipes.md',
    ]),
  );
});

it.each(pages)(
  'every snippet of docs/$file compiles as printed, after the prelude of the page',
  async ({ file, text }) => {
    const folder = programFolder(`docs-${file.replaceAll(/\W/g, '-')}`);
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await rm(folder, { recursive: true, force: true });
    await write(join(folder, 'next.d.ts'), NEXT_TYPES);
    const { prelude, snippets } = snippetsOf(text);
    for (const [index, code] of snippets.entries()) {
      // A snippet that names its file is that file, and does not use the prelude.
      const path = /^\/\/ (\S+\.ts)\n/.exec(code)?.[1];
      await write(join(folder, path ?? `snippet-${index}.ts`), path === undefined ? afterPrelude(prelude, code) : code);
    }
    expect(snippets.length).toBeGreaterThan(file === 'mounting.md' ? 10 : 0);
    // As in Next, where imports have no extension.
    await compile(folder, { module: 'preserve', moduleResolution: 'bundler' });
  },
);

function snippetsOf(page: string): { readonly prelude: string; readonly snippets: readonly string[] } {
  const blocks = [...page.matchAll(/^```ts( prelude)?\n([\s\S]*?)^```/gm)];
  const isPrelude = ([, name]: RegExpExecArray): boolean => name !== undefined;
  const preludes = blocks.filter(isPrelude).map(([, , code]) => code!);
  expect(preludes.length).toBeLessThanOrEqual(1);
  // A block under any other name, or fragments of JavaScript, would not be compiled.
  expect(page.match(/^```(?:ts (?!prelude)|js$|javascript|typescript).*/gm)).toBeNull();
  return {
    prelude: preludes[0] ?? '',
    snippets: blocks.filter((block) => !isPrelude(block)).map(([, , code]) => code!),
  };
}

async function write(path: string, code: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, code);
}

/** Imports and declarations stay at the top level; the rest is put in a block, where it may redeclare names of the prelude. */
function afterPrelude(prelude: string, code: string): string {
  const top = code.match(/^(?:import|declare) .*;\n/gm) ?? [];
  const rest = top.reduce((text, line) => text.replace(line, ''), code);
  return `${top.join('')}${prelude}{\n${rest}}\n`;
}

it.each(['langfuse', 'phoenix', 'user-and-session'])('docs/telemetry.md shows the recipe that runs: %s', (name) => {
  const recipe = readFileSync(join(root, `test/observe/recipes/${name}.ts`), 'utf8');
  const page = readFileSync(join(root, 'docs/telemetry.md'), 'utf8');
  expect(page).toContain(recipe.replaceAll(/^import [^;]*;\n+/gm, '').trim());
});
