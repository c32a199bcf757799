// Puts the app beside this file into the given folder, with Next and our package in it, for test/next/pages-api.test.ts.
// Next weighs a good 300 MB, more than half of all other dev dependencies together: it has a lockfile of its own,
// and a folder that can be thrown away.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const [where] = process.argv.slice(2);
if (where === undefined) throw new Error('No folder given: npm run next:install -- <folder>');
const folder = resolve(where);
const root = fileURLToPath(new URL('../..', import.meta.url));

cpSync(new URL('app', import.meta.url), folder, { recursive: true });
npm(['ci'], folder);

// Packed, as a stranger gets it: Next does not follow a link to a folder outside of its project.
const scratch = mkdtempSync(join(tmpdir(), 'nordlys-next-'));
try {
  const tarball = npm(['pack', '--silent', '--pack-destination', scratch], root).trim();
  npm(['install', '--no-save', '--prefer-offline', join(scratch, tarball)], folder);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function npm([command, ...rest]: readonly [string, ...string[]], cwd: string): string {
  const quietly = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  return execFileSync('npm', [command, ...quietly, ...rest], { cwd, encoding: 'utf8' });
}
