import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where the programs of a page go: within the package, so that `nordlys-proxy` means the build that users get. */
export function programFolder(page: string): string {
  return join(root, 'test-output', page);
}

/** Compiles every program in `folder` as strictly as our own code. @throws Error with the output of the compiler. */
export async function compile(folder: string, compilerOptions: object = {}): Promise<void> {
  const config = {
    extends: '../../tsconfig.json',
    compilerOptions: { noUnusedLocals: false, skipLibCheck: true, ...compilerOptions },
    include: ['**/*.ts'],
    exclude: [],
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  await promisify(execFile)(process.execPath, [compiler, '-p', folder]).catch((error: { stdout: string }) => {
    throw new Error(error.stdout);
  });
}
