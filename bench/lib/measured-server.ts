import type { Usage } from '../processes/agent.ts';
import type { Child } from './child.ts';

/** A server under measurement. */
export interface MeasuredServer extends AsyncDisposable {
  readonly port: number;
  usage(): Promise<Usage>;
  /** Figures that a Node program can report of itself. */
  readonly child?: Child | undefined;
}

export interface StartOptions {
  readonly core: number | undefined;
  readonly upstreams: readonly number[];
  readonly responseBytes: number;
}

/** A Node program as a measured server. */
export function asServer(child: Child, port: number): MeasuredServer {
  return { port, child, usage: () => child.usage(), [Symbol.asyncDispose]: () => child[Symbol.asyncDispose]() };
}
