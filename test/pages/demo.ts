import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Demo {
  readonly origin: string;
  /** Everything it has printed. */
  readonly output: string;
  /** Sends SIGTERM. Resolves with its exit code, once its output is closed. */
  stop(): Promise<number | null>;
}

/** `npm start`, in a process of its own, on a free port. By itself, or as `command` has it. */
export async function startDemo(
  env: Readonly<Record<string, string>> = {},
  [program, ...args]: readonly [string, ...string[]] = [process.execPath, 'examples/start.ts'],
): Promise<Demo> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, PORT: '0', ...env },
  });
  let output = '';
  const origin = await new Promise<string>((resolve, reject) => {
    const read = (text: Buffer): void => {
      output += text.toString();
      const found = /^listening on (\S+)$/m.exec(output);
      if (found !== null) resolve(found[1]!);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('close', () => reject(new Error(`npm start ended: ${output}`)));
  });
  return {
    origin,
    get output() {
      return output;
    },
    async stop() {
      const closed = once(child, 'close') as Promise<[number | null]>;
      child.kill('SIGTERM');
      return (await closed)[0];
    },
  };
}
