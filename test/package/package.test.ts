import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const node = process.execPath;
const tsc = join(root, 'node_modules/typescript/bin/tsc');
let scratch: string;
let packed: { files: { path: string; size: number }[]; size: number; unpackedSize: number; filename: string };

/** The package as a stranger gets it: packed, unpacked, beside its dependencies. `dist` is what `npm test` has built. */
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'nordlys-package-'));
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', scratch], {
    cwd: root,
  });
  const [entry] = Object.values(JSON.parse(stdout) as Record<string, typeof packed>);
  packed = entry!;
}, 60_000);

afterAll(() => rm(scratch, { recursive: true, force: true }));

async function consumer(name: string): Promise<string> {
  const project = join(scratch, name);
  const modules = join(project, 'node_modules');
  await cp(new URL(`consumers/${name}`, import.meta.url), project, { recursive: true });
  await mkdir(join(modules, 'nordlys-proxy'), { recursive: true });
  await run('tar', [
    '-xzf',
    join(scratch, packed.filename),
    '-C',
    join(modules, 'nordlys-proxy'),
    '--strip-components=1',
  ]);
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  for (const dependency of [...Object.keys(manifest.dependencies), '@types', 'undici-types']) {
    await symlink(join(root, 'node_modules', dependency), join(modules, dependency), 'dir');
  }
  return project;
}

describe('the package', () => {
  it('holds what users need, and nothing else', () => {
    const outside = packed.files
      .map(({ path }) => path)
      .filter((path) => !/^dist\/.*\.(js|d\.ts)$|^docs\/.*\.md$/.test(path));
    expect(outside.toSorted()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'dashboards/alerts.yml',
      'dashboards/grafana.json',
      'package.json',
    ]);
    expect(packed.files.some(({ path }) => path.includes('test/'))).toBe(false);
  });

  it('holds every page of the documentation but the API reference, because diagnostics name pages', async () => {
    const pages = (await readdir(join(root, 'docs'), { recursive: true })).filter((page) => page.endsWith('.md'));
    const carried = packed.files.flatMap(({ path }) => (path.startsWith('docs/') ? [path.slice('docs/'.length)] : []));
    expect(carried.toSorted()).toEqual(pages.filter((page) => !page.startsWith('api/')).toSorted());
    expect(carried).toContain('diagnostics.md');
  });

  it('has no script that a package manager runs where it is installed', async () => {
    const manifest = await run('tar', ['-xzOf', join(scratch, packed.filename), 'package/package.json']);
    const { scripts } = JSON.parse(manifest.stdout) as { scripts: Record<string, string> };
    expect(Object.keys(scripts).filter((name) => /^(?:pre|post)?(?:install|prepare)$/.test(name))).toEqual([]);
  });

  it('contains every declaration that a public one refers to, and no other', async () => {
    const paths = new Set(packed.files.map(({ path }) => path));
    const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      exports: Record<string, { types?: string }>;
    };
    const entries = Object.values(manifest.exports).flatMap(({ types }) => (types === undefined ? [] : [join(types)]));
    expect(entries).toHaveLength(6);
    const reached = new Set(entries);
    for (const path of reached) {
      const text = await readFile(join(root, path), 'utf8');
      for (const [, imported] of text.matchAll(/(?:from |import\()['"](\..+?)\.js['"]/g)) {
        reached.add(join(path, '..', `${imported}.d.ts`));
      }
    }
    expect(reached.size).toBeGreaterThan(80);
    expect([...reached].filter((path) => !paths.has(path))).toEqual([]);
    expect([...paths].filter((path) => path.endsWith('.d.ts') && !reached.has(path))).toEqual([]);
  });

  it('is small', () => {
    expect(packed.size).toBeLessThan(700_000);
    expect(packed.unpackedSize).toBeLessThan(2_800_000);
  });

  it('depends on five packages, none of which runs a script when it is installed', async () => {
    const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { dev?: boolean; hasInstallScript?: boolean; dependencies?: object }>;
    };
    expect(Object.keys(lock.packages['']!.dependencies!).toSorted()).toEqual([
      'ajv',
      'eventsource-parser',
      'http-proxy-middleware',
      'lru-cache',
      'safe-stable-stringify',
    ]);
    const scripted = Object.entries(lock.packages).filter(
      ([path, { dev, hasInstallScript }]) => path !== '' && dev !== true && hasInstallScript === true,
    );
    expect(scripted).toEqual([]);
  });
});

describe('a project of a stranger', () => {
  it('in ESM runs', async () => {
    const { stdout, stderr } = await run(node, ['index.js'], { cwd: await consumer('esm') });
    expect(stdout).toBe('nordlys-proxy function Hello from the fake upstream.\n');
    expect(stderr).toBe('');
  });

  it('in CommonJS runs', async () => {
    const { stdout, stderr } = await run(node, ['index.js'], { cwd: await consumer('cjs') });
    expect(stdout).toBe('nordlys-proxy function 401 demo\n');
    expect(stderr).toBe('');
  });

  it('in TypeScript compiles with every check on, and runs', async () => {
    const project = await consumer('typescript');
    await run(node, [tsc, '-p', '.'], { cwd: project }).catch((error: { stdout: string }) => {
      throw new Error(error.stdout);
    });
    const { stdout } = await run(node, ['out/index.js'], { cwd: project });
    expect(stdout).toBe('demo function function function\n');
  }, 60_000);
});
