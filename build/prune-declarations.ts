// Removes from dist every declaration file that no public one leads to, so that the package holds only types that a
// project can reach: `node build/prune-declarations.ts`, the last step of `npm run build`.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, string | { readonly types: string }>;
};

/** Paths from the root of the package. A set may grow while it is read, so this follows imports of imports. */
const reached = new Set(
  Object.values(exports).flatMap((entry) => (typeof entry === 'string' ? [] : [join(entry.types)])),
);
for (const path of reached) {
  const text = readFileSync(join(root, path), 'utf8');
  for (const [, imported] of text.matchAll(/(?:from |import\()['"](\..+?)\.js['"]/g)) {
    reached.add(join(path, '..', `${imported}.d.ts`));
  }
}

for (const file of readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' })) {
  const path = join('dist', file);
  if (path.endsWith('.d.ts') && !reached.has(path)) rmSync(join(root, path));
}
