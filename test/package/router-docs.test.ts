import { readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { compile, programFolder, root } from './programs.js';

const folder = programFolder('router');
const page = readFileSync(join(root, 'docs/router.md'), 'utf8');
const programs = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!);

afterAll(() => rm(folder, { recursive: true, force: true }));

it('every program of docs/router.md compiles as it is printed', async () => {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const [index, code] of programs.entries()) await writeFile(join(folder, `program-${index}.ts`), code);
  expect(programs).toHaveLength(3);
  await compile(folder);
});
