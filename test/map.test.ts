import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const source = new URL('../src/', import.meta.url);
const map = readFileSync(new URL('README.md', source), 'utf8');

it('the map names every folder of the source', () => {
  const folders = readdirSync(source, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map(({ name }) => name).filter((name) => !map.includes(`\`${name}\``))).toEqual([]);
});

it('the map names no file that is not there', () => {
  const files = [...map.matchAll(/`([\w-]+\/[\w./-]+)`/g)].map(([, file]) => file!);
  const root = new URL('../', import.meta.url);
  expect(
    files.filter(
      (file) =>
        !file.startsWith('nordlys-proxy/') && !existsSync(new URL(file, source)) && !existsSync(new URL(file, root)),
    ),
  ).toEqual([]);
});

it('no file of the source is longer than 300 lines, but for the wire types', () => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const lines = (file: string): number => readFileSync(new URL(file, source), 'utf8').split('\n').length - 1;
  expect(files.filter((file) => lines(file) > 300)).toEqual(['chat/types.ts']);
});
