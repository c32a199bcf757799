import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { Child } from './child.ts';
import { freePort, untilListening } from './ports.ts';
import { asServer, type MeasuredServer, type StartOptions } from './measured-server.ts';

/** The folder that it is installed to, so that it never becomes a dependency. */
const FOLDER =
  process.env['BENCH_PORTKEY'] ?? fileURLToPath(new URL('../../node_modules/.cache/bench-portkey', import.meta.url));

/**
 * With the newest `@hono/node-server` that npm would choose, this version responds with 500 to every stream on Node 20,
 * 22 and 24; these two are the newest with which it streams.
 */
const MANIFEST = {
  private: true,
  dependencies: { '@portkey-ai/gateway': '1.15.2' },
  overrides: { hono: '4.9.7', '@hono/node-server': '1.13.8' },
};

/** Its program, where it is installed. */
export function findPortkey(): string | undefined {
  const program = join(FOLDER, 'node_modules/@portkey-ai/gateway/build/start-server.js');
  return existsSync(program) ? program : undefined;
}

/** Installs it from npm into its own folder. */
export function installPortkey(): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, 'package.json'), JSON.stringify(MANIFEST));
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', args, { cwd: FOLDER, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error('Portkey could not be installed from npm.');
}

export async function startPortkey({ core }: StartOptions): Promise<MeasuredServer> {
  const port = await freePort();
  const child = await Child.start(findPortkey()!, { core, ports: [port], args: [`--port=${port}`, '--headless'] });
  await untilListening(port);
  return asServer(child, port);
}
