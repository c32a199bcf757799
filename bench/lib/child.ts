import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AgentMethods, Usage } from '../processes/agent.ts';
import type { Call, Methods, Reply } from './channel.ts';

/** The core of the measured process, and the core of everything else. `undefined` where processes cannot be pinned. */
export interface Cores {
  readonly measured: number;
  readonly other: number;
}

/** The program that pins a process to a core, where the system has it. */
const PINNER = 'taskset';
const AGENT = import.meta.resolve('../processes/agent.ts');
const START_MS = 30_000;

/** Pins only with two cores and `taskset`. */
export function findCores(): Cores | undefined {
  const pinnable = availableParallelism() >= 2 && spawnSync(PINNER, ['-V']).status === 0;
  return pinnable ? { measured: 0, other: 1 } : undefined;
}

/** `command`, pinned to one core. */
export function pinned(core: number | undefined, command: readonly string[]): readonly [string, readonly string[]] {
  const [program, ...args] = core === undefined ? command : [PINNER, '-c', String(core), ...command];
  return [program!, args];
}

export interface ChildOptions {
  readonly core: number | undefined;
  readonly setup?: unknown;
  /** Folder of the build of the package to run, instead of this repository's. */
  readonly dist?: string | undefined;
  readonly args?: readonly string[];
  /** The port of a foreign program, which cannot report it. */
  readonly ports?: readonly number[];
}

/** A Node program of the benchmark in a child process. `M`: its methods besides the agent's. */
export class Child<M extends Methods = AgentMethods> implements AsyncDisposable {
  ports: readonly number[] = [];
  readonly #process: ChildProcess;
  readonly #program: string;
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  #lastId = 0;

  /** Resolves when the program listens. */
  static async start<M extends Methods = AgentMethods>(program: string, options: ChildOptions): Promise<Child<M>> {
    const child = new Child<M>(program, options);
    await child.#started(options.ports);
    return child;
  }

  private constructor(program: string, { core, setup, dist, args = [], ports }: ChildOptions) {
    this.#program = program;
    const path = program.startsWith('file:') ? fileURLToPath(program) : program;
    const [command, rest] = pinned(core, [process.execPath, '--import', AGENT, path, ...args]);
    this.#process = spawn(command, rest, {
      // The benchmark's own programs use IPC and report errors on stderr; output of foreign programs is ignored.
      stdio: ['ignore', 'ignore', ports === undefined ? 'inherit' : 'ignore', 'ipc'],
      env: {
        ...process.env,
        BENCH_SETUP: JSON.stringify(setup ?? {}),
        ...(dist !== undefined && { NORDLYS_DIST: dist }),
      },
    });
  }

  get pid(): number {
    return this.#process.pid!;
  }

  /** Calls a method of the process and waits for the result. */
  call<Name extends string & keyof M>(
    method: Name,
    argument?: Parameters<M[Name]>[0],
  ): Promise<Awaited<ReturnType<M[Name]>>> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      this.#waiting.set(id, { resolve, reject });
      this.#process.send({ id, method, argument } satisfies Call);
    });
  }

  usage(): Promise<Usage> {
    return (this as unknown as Child).call('usage');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await exited;
  }

  #started(ports: readonly number[] | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${this.#name()} did not start in time.`)), START_MS);
      this.#process.on('message', (reply: Reply) => {
        if ('listening' in reply) {
          this.ports = reply.listening;
          clearTimeout(timer);
          resolve();
        } else {
          this.#take(reply);
        }
      });
      this.#process.once('exit', (code) => {
        clearTimeout(timer);
        const error = new Error(`${this.#name()} ended with ${code}.`);
        reject(error);
        for (const { reject: fail } of this.#waiting.values()) fail(error);
        this.#waiting.clear();
      });
      if (ports !== undefined) {
        this.ports = ports;
        clearTimeout(timer);
        resolve();
      }
    });
  }

  #take(reply: Exclude<Reply, { listening: readonly number[] }>): void {
    const call = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('error' in reply) call?.reject(new Error(`${this.#name()}: ${reply.error}`));
    else call?.resolve(reply.result as never);
  }

  #name(): string {
    return basename(this.#program);
  }
}
