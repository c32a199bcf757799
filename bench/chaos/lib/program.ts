import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Call, Reply } from '../../lib/channel.ts';

const START_MS = 20_000;
const running = new Set<ChildProcess>();

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

/** How a program ended, and whether that was intended. */
export interface Exit {
  readonly name: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Unexpected exits, and lines on stderr, of all programs together. */
export const incidents: { readonly exits: Exit[]; readonly warnings: string[] } = { exits: [], warnings: [] };

/** A child process. Its end is an incident unless `kill` or `stop` was called. */
export class Program {
  readonly name: string;
  /** The port that it listens on, once it has reported it. */
  port = 0;
  /** The last message that it sent. */
  lastWords: unknown = undefined;
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #calls = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  #lastCall = 0;
  #mayEnd = false;

  /** Starts a program of this folder; resolves when it listens. */
  static async node(name: string, file: string, setup: unknown, flags: readonly string[] = []): Promise<Program> {
    const path = fileURLToPath(file);
    const child = spawn(process.execPath, [...flags, path], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, BENCH_SETUP: JSON.stringify(setup) },
    });
    const program = new Program(name, child);
    await program.#listening();
    return program;
  }

  /** Starts a foreign program, which cannot report when it listens. */
  static foreign(name: string, command: string, args: readonly string[], port: number): Program {
    const program = new Program(name, spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] }));
    program.port = port;
    return program;
  }

  private constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.#child = child;
    running.add(child);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n')) if (line !== '') incidents.warnings.push(`${name}: ${line}`);
    });
    child.on('message', (reply: Reply | { lastWords: unknown }) => this.#take(reply));
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        const exit = { name, code, signal };
        running.delete(child);
        if (!this.#mayEnd) incidents.exits.push(exit);
        for (const { reject } of this.#calls.values()) reject(new Error(`${name} has ended.`));
        resolve(exit);
      });
      child.once('error', (error) => {
        incidents.warnings.push(`${name}: ${error.message}`);
        resolve({ name, code: null, signal: null });
      });
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Sends a message and waits for the reply. Rejects when the program ends before it replies. */
  call<Result>(method: string, argument?: unknown): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      const id = ++this.#lastCall;
      this.#calls.set(id, { resolve: resolve as (value: never) => void, reject });
      this.#child.send({ id, method, argument } satisfies Call);
    });
  }

  /** A signal that does not end it. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal);
  }

  /** Ends it with SIGKILL. */
  async kill(): Promise<void> {
    this.#mayEnd = true;
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  /** Ends it with SIGTERM. False where it did not exit with code 0 in `withinMs`. */
  async stop(withinMs: number): Promise<boolean> {
    this.#mayEnd = true;
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), withinMs);
    const { code } = await this.exited;
    clearTimeout(timer);
    return code === 0;
  }

  #listening(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${this.name} did not start in time.`)), START_MS);
      this.#child.on('message', (reply: Reply) => {
        if (!('listening' in reply)) return;
        this.port = reply.listening[0] ?? 0;
        clearTimeout(timer);
        resolve();
      });
      this.#child.once('exit', (code) => {
        clearTimeout(timer);
        reject(new Error(`${this.name} ended with ${code} before it listened.`));
      });
    });
  }

  #take(reply: Reply | { lastWords: unknown }): void {
    if ('lastWords' in reply) this.lastWords = reply.lastWords;
    if (!('id' in reply)) return;
    const call = this.#calls.get(reply.id);
    this.#calls.delete(reply.id);
    if ('error' in reply) call?.reject(new Error(`${this.name}: ${reply.error}`));
    else call?.resolve(reply.result as never);
  }
}
