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
