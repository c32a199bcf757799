import type { Usage } from '../processes/agent.ts';
import type { Child } from './child.ts';

/** A server under measurement. */
export interface MeasuredServer extends AsyncDisposable {
  readonly port: number;
  usage(): Promise<Usage>;
  /** What a Node program can tell of itself. */
  readonly child?: Child | undefined;
}

export interface StartOptions {
  readonly core: number | undefined;
  readonly upstreams: readonly number[];
  readonly answerBytes: number;
}

/** A Node program that has been started as one. */
export function asServer(child: Child, port: number): MeasuredServer {
  return { port, child, usage: () => child.usage(), [Symbol.asyncDispose]: () => child[Symbol.asyncDispose]() };
}
