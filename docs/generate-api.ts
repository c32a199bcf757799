// Writes docs/api/ from the doc comments of every public name: `node docs/generate-api.ts`. A test compares the two.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { readEntries } from '../build/api/model.ts';
import { apiPages } from '../build/api/pages.ts';

const folder = new URL('api/', import.meta.url);
mkdirSync(folder, { recursive: true });
const pages = apiPages(readEntries());
for (const file of readdirSync(folder)) if (!pages.has(file)) rmSync(new URL(file, folder));
for (const [file, text] of pages) writeFileSync(new URL(file, folder), text);
