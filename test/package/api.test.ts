import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readEntries } from '../../build/api/model.js';
import { apiPages } from '../../build/api/pages.js';

const entries = readEntries();
const names = entries.flatMap(({ path, names }) => names.map((each) => ({ ...each, path })));

it('every public name has a description', () => {
  expect(names.length).toBeGreaterThan(400);
  expect(names.filter(({ doc }) => doc.text === '').map(({ path, name }) => `${path}: ${name}`)).toEqual([]);
});

it('every member of a public type has a description', () => {
  const members = names
    .filter(({ kind }) => kind !== 'constant')
    .flatMap(({ file, name, members }) => members.map((member) => ({ ...member, owner: `${file} ${name}` })));
  expect(members.length).toBeGreaterThan(1_300);
  const undocumented = members
    .filter(({ doc, owner, name, type }) => doc.text + doc.throws.join('') === '' && !isPlain(owner, name, type))
    .map(({ owner, name }) => `${owner}.${name}`);
  expect([...new Set(undocumented)]).toEqual([]);
});

/** What the type itself documents: a call signature, the tag of a union, further members of a request or response. */
function isPlain(owner: string, name: string, type: string): boolean {
  if (name === '(call)') return true;
  return owner.startsWith('chat/types.ts') && (/^'\w+'$/.test(type) || name === '[key: string]');
}

it('docs/api is what `node docs/generate-api.ts` writes', () => {
  const pages = apiPages(entries);
  const folder = new URL('../../docs/api/', import.meta.url);
  expect(readdirSync(folder).toSorted()).toEqual([...pages.keys()].toSorted());
  for (const [file, text] of pages) expect(readFileSync(new URL(file, folder), 'utf8'), file).toBe(text);
});
