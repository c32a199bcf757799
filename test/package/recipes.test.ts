import { readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { compile, programFolder, root } from './programs.js';

const folder = programFolder('recipes');
const page = readFileSync(join(root, 'docs/recipes.md'), 'utf8');
const blocks = [...page.matchAll(/```ts( prelude)?\n([\s\S]*?)```/g)];
const [prelude] = blocks.filter(([, name]) => name !== undefined).map(([, , code]) => code!);
const recipes = blocks.filter(([, name]) => name === undefined).map(([, , code]) => code!);

/** What the recipes need of Next, which is not installed here. */
const NEXT_TYPES = `declare module 'next' {
  import type { IncomingMessage, ServerResponse } from 'node:http';
  export type NextApiRequest = IncomingMessage;
  export type NextApiResponse = ServerResponse;
}
`;

afterAll(() => rm(folder, { recursive: true, force: true }));

it('every recipe compiles as it is printed, behind the prelude that the page shows', async () => {
  await rm(folder, { recursive: true, force: true });
  await write('next.d.ts', NEXT_TYPES);
  for (const [index, code] of recipes.entries()) {
    // A recipe that names its file is that file, and leans on nothing.
    const file = /^\/\/ (\S+\.ts)\n/.exec(code)?.[1];
    await (file === undefined ? write(`recipe-${index}.ts`, behindPrelude(code)) : write(file, code));
  }
  expect(recipes.length).toBeGreaterThan(10);
  // As in Next, where imports have no extension.
  await compile(folder, { module: 'preserve', moduleResolution: 'bundler' });
});

async function write(file: string, code: string): Promise<void> {
  await mkdir(dirname(join(folder, file)), { recursive: true });
  await writeFile(join(folder, file), code);
}

/** The rest of a recipe stands in a block, where it may have a gateway or an app of its own. */
function behindPrelude(code: string): string {
  const imports = code.match(/^import .*;\n/gm) ?? [];
  const rest = imports.reduce((text, line) => text.replace(line, ''), code);
  return `${imports.join('')}${prelude}{\n${rest}}\n`;
}
