import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What `npm run next:install -- <folder>` has filled. If it was not run, its tests are skipped with a note. */
export const nextFolder = process.env['NEXT_APP'];

export interface NextApp {
  readonly origin: string;
  /** Everything that Next has complained of. */
  readonly complaints: string;
  stop(): Promise<void>;
}

/**
 * The app built and served as in production, on a free port of loopback. `next dev` is not tested: it calls a registry
 * for newer versions of itself, whatever the telemetry setting is.
 */
export async function startNext(folder: string, upstream: string): Promise<NextApp> {
  const next = join(folder, 'node_modules/next/dist/bin/next');
  const options = {
    cwd: folder,
    env: {
      ...process.env,
      NODE_ENV: 'production' as const,
      NEXT_TELEMETRY_DISABLED: '1',
      // Otherwise it calls a registry if its lockfile is incomplete.
      NEXT_IGNORE_INCORRECT_LOCKFILE: '1',
      UPSTREAM: upstream,
    },
  };
  // What is tested is the build that `npm test` has made, not the one of the day when Next was installed.
  await cp('dist', join(folder, 'node_modules/nordlys-proxy/dist'), { recursive: true });
  await promisify(execFile)(process.execPath, [next, 'build'], options);

  const child = spawn(process.execPath, [next, 'start', '--hostname', '127.0.0.1', '--port', '0'], options);
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const origin = await new Promise<string>((resolve, reject) => {
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const found = /Local:\s+(\S+)[\s\S]*Ready/.exec(output);
      if (found !== null) resolve(found[1]!);
    });
    child.once('close', () => reject(new Error(`next start ended: ${output}${complaints}`)));
  });
  return {
    origin,
    get complaints() {
      return complaints;
    },
    async stop() {
      const closed = once(child, 'close');
      // With SIGTERM, Next waits for streams that a failed test has left open.
      child.kill('SIGKILL');
      await closed;
    },
  };
}
