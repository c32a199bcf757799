// The child's side of remote calls between the benchmark and its processes, over Node's IPC.

/** Methods that a process offers, by name. At most one argument each, so that a call is one small message. */
export type Methods = Readonly<Record<string, (argument: never) => unknown>>;

export interface Call {
  readonly id: number;
  readonly method: string;
  readonly argument: unknown;
}

export type Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string }
  | { readonly listening: readonly number[] };

const served = new Map<string, (argument: never) => unknown>();

/** Handles the benchmark's calls. Each module of a process may offer methods of its own. */
export function serve(methods: Methods): void {
  if (served.size === 0) process.on('message', (call: Call) => void handle(call));
  for (const [name, method] of Object.entries(methods)) served.set(name, method);
}

/** Reports that this process is ready, and its port. */
export function startDraining(ports: readonly number[]): void {
  send({ listening: ports });
}

/** The arguments that the benchmark started this process with. */
export function setup<Setup>(): Setup {
  return JSON.parse(process.env['BENCH_SETUP'] ?? '{}') as Setup;
}

async function handle({ id, method, argument }: Call): Promise<void> {
  try {
    const run = served.get(method);
    if (run === undefined) throw new Error(`This process serves no method "${method}".`);
    send({ id, result: await run(argument as never) });
  } catch (error) {
    send({ id, error: error instanceof Error ? error.message : String(error) });
  }
}

function send(reply: Reply): void {
  process.send?.(reply);
}
