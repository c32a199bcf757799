// The child's side of calls by name between the benchmark and its processes, over Node's own IPC.

/** What a process can be asked, by name. At most one argument each, so that a call is one small message. */
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

/** Answers the benchmark's calls. Several modules of one process may each serve methods of their own. */
export function serve(methods: Methods): void {
  if (served.size === 0) process.on('message', (call: Call) => void answer(call));
  for (const [name, method] of Object.entries(methods)) served.set(name, method);
}

/** Tells the benchmark that this process can be used, and where. */
export function startDraining(ports: readonly number[]): void {
  send({ listening: ports });
}

/** What the benchmark started this process with. */
export function setup<Setup>(): Setup {
  return JSON.parse(process.env['BENCH_SETUP'] ?? '{}') as Setup;
}

async function answer({ id, method, argument }: Call): Promise<void> {
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
