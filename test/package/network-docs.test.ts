import { readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { FAILURES } from '../../src/proxy/upstream-failure.js';
import { compile, programFolder, root } from './programs.js';

const folder = programFolder('network');
const page = readFileSync(join(root, 'docs/network.md'), 'utf8');
const programs = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!);

afterAll(() => rm(folder, { recursive: true, force: true }));

it('every program of docs/network.md compiles as it is printed', async () => {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const [index, code] of programs.entries()) await writeFile(join(folder, `program-${index}.ts`), code);
  expect(programs).toHaveLength(4);
  await compile(folder);
});

it('docs/network.md names every outcome that a proxy can cause', () => {
  const kinds = Object.keys(FAILURES).filter((kind) => kind.startsWith('proxy_'));
  const named = [...page.matchAll(/^\| `(proxy_\w+)` \|/gm)].map(([, kind]) => kind);
  expect(named).toEqual(kinds);
});
