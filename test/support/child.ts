import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const hook = fileURLToPath(new URL('source-hook.mjs', import.meta.url));

export interface Child {
  readonly process: ChildProcess;
  /** What it has written to stderr so far. */
  readonly stderr: string;
  /** The next message that it sends. Rejects where it exits first. */
  message(): Promise<unknown>;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Arguments before the program: `['unshare', '-rn']`. */
  readonly wrapper?: readonly string[];
  readonly nodeOptions?: readonly string[];
}

/** Runs a TypeScript program of this repository in a child process, which is killed at the end of the test. */
export function runChild(program: URL, { env = {}, wrapper = [], nodeOptions = [] }: ChildOptions = {}): Child {
  const command = [...wrapper, process.execPath, ...nodeOptions, '--import', hook, fileURLToPath(program)];
  const child = spawn(command[0]!, command.slice(1), {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));

  let stderr = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const inbox: unknown[] = [];
  let deliver: ((message: unknown) => void) | undefined;
  child.on('message', (message) => {
    if (deliver === undefined) inbox.push(message);
    else deliver(message);
    deliver = undefined;
  });
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal));
  });

  return {
    process: child,
    ended,
    get stderr() {
      return stderr;
    },
    message: () =>
      inbox.length > 0
        ? Promise.resolve(inbox.shift())
        : Promise.race([
            new Promise((resolve) => (deliver = resolve)),
            ended.then((how) => Promise.reject(new Error(`The program ended with ${String(how)}: ${stderr}`))),
          ]),
  };
}
