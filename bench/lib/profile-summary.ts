import { fileURLToPath } from 'node:url';

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

/** Output of V8's CPU profiler (the part that is read here). */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: CallFrame;
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  /** Microseconds between a sample and the one before. */
  readonly timeDeltas: readonly number[];
}

/** Output of V8's allocation profiler: a tree. */
export interface AllocationProfile {
  readonly head: AllocationNode;
}

interface AllocationNode {
  readonly callFrame: CallFrame;
  readonly selfSize: number;
  readonly children: readonly AllocationNode[];
}

/** A function, file or package, and its microseconds or bytes. */
export interface Share {
  readonly name: string;
  readonly amount: number;
}

export interface ProfileSummary {
  readonly total: number;
  /** By a package's own code. */
  readonly packages: readonly Share[];
  /** By a function's own code, as `file:function:line`. */
  readonly functions: readonly Share[];
  /** The same for this package only. */
  readonly ownFunctions: readonly Share[];
  /** By a function of this package, including all foreign code that it calls: Node, natives, libraries. */
  readonly chargedFunctions: readonly Share[];
  /** The same by file. */
  readonly chargedFiles: readonly Share[];
}

const OWN_PACKAGE = 'nordlys-proxy';

/** Summary of CPU time. */
export function summariseCpu({ nodes, samples, timeDeltas }: CpuProfile, ownFolder: string): ProfileSummary {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, new Frame(callFrame, ownFolder)]));
  for (const { id, children } of nodes) {
    for (const child of children ?? []) frames.get(child)!.parent = frames.get(id);
  }
  for (const [index, id] of samples.entries()) frames.get(id)!.amount += timeDeltas[index] ?? 0;
  return summarise([...frames.values()]);
}

/** Summary of allocations. */
export function summariseAllocations({ head }: AllocationProfile, ownFolder: string): ProfileSummary {
  const frames: Frame[] = [];
  const ticket = ({ callFrame, selfSize, children }: AllocationNode, parent: Frame | undefined): void => {
    const frame = new Frame(callFrame, ownFolder);
    frame.parent = parent;
    frame.amount = selfSize;
    frames.push(frame);
    for (const child of children) ticket(child, frame);
  };
  ticket(head, undefined);
  return summarise(frames);
}

/** Left out: idle time, and the profiler's own time. */
function summarise(frames: readonly Frame[]): ProfileSummary {
  const packages = new Tally();
  const functions = new Tally();
  const ownFunctions = new Tally();
  const chargedFunctions = new Tally();
  const chargedFiles = new Tally();
  let total = 0;
  for (const frame of frames) {
    const { amount } = frame;
    if (amount === 0 || frame.isIdle) continue;
    total += amount;
    packages.add(frame.owner, amount);
    functions.add(frame.name, amount);
    if (frame.isOwn) ownFunctions.add(frame.name, amount);
    const charged = frame.nearestOwn();
    if (charged === undefined) continue;
    chargedFunctions.add(charged.name, amount);
    chargedFiles.add(charged.file, amount);
  }
  return {
    total,
    packages: packages.descending(),
    functions: functions.descending(),
    ownFunctions: ownFunctions.descending(),
    chargedFunctions: chargedFunctions.descending(),
    chargedFiles: chargedFiles.descending(),
  };
}

/** One place in the tree of calls. */
class Frame {
  readonly owner: string;
  readonly file: string;
  readonly name: string;
  readonly isIdle: boolean;
  parent: Frame | undefined;
  amount = 0;

  constructor({ functionName, url, lineNumber }: CallFrame, ownFolder: string) {
    this.owner = ownerOf(url, functionName, ownFolder);
    this.file = fileOf(url, ownFolder);
    this.name = `${this.file}:${functionName || '(anonymous)'}:${lineNumber + 1}`;
    this.isIdle = functionName === '(idle)' || url === 'node:inspector';
  }

  get isOwn(): boolean {
    return this.owner === OWN_PACKAGE;
  }

  nearestOwn(): Frame | undefined {
    return this.isOwn ? this : this.parent?.nearestOwn();
  }
}

class Tally {
  readonly #amounts = new Map<string, number>();

  add(name: string, amount: number): void {
    this.#amounts.set(name, (this.#amounts.get(name) ?? 0) + amount);
  }

  descending(): readonly Share[] {
    return [...this.#amounts].map(([name, amount]) => ({ name, amount })).sort((a, b) => b.amount - a.amount);
  }
}

/** Node's own modules by purpose. */
const NODE_PARTS: readonly (readonly [string, RegExp])[] = [
  ['http client', /_http_(client|agent)/],
  ['http server', /_http_server/],
  ['http messages', /_http_/],
  ['streams', /stream/],
  ['sockets', /(node:net|_tls|tls_|internal\/net|dgram)/],
  ['timers, ticks and hooks', /(timers|task_queues|async_hooks|async_context|process\/)/],
  ['events', /events/],
  ['buffers and text', /(buffer|encoding|string_decoder|util)/],
  ['crypto', /crypto/],
];

function ownerOf(url: string, functionName: string, ownFolder: string): string {
  if (url.startsWith('node:')) return `node: ${NODE_PARTS.find(([, pattern]) => pattern.test(url))?.[0] ?? 'other'}`;
  if (url === '') return functionName.startsWith('(') ? functionName : '(native)';
  const path = pathOf(url);
  if (path.startsWith(ownFolder)) return OWN_PACKAGE;
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? 'benchmark';
}

function fileOf(url: string, ownFolder: string): string {
  if (url === '' || url.startsWith('node:')) return url;
  const path = pathOf(url);
  if (path.startsWith(ownFolder)) return path.slice(ownFolder.length).replace(/^\//, '');
  return path.split('node_modules/').at(-1)!;
}

function pathOf(url: string): string {
  return url.startsWith('file:') ? fileURLToPath(url) : url;
}
