import type { Script } from './script.js';

/** A way in which upstreams fail, as a script, and what the client of a gateway should get. */
export interface Fault {
  /** What the upstream does, in one line. */
  readonly about: string;
  /**
   * What the client of a gateway should get:
   * - `next`: the response of another upstream;
   * - `cut`: if the stream has begun, an error and no `[DONE]`; before that, as `next`;
   * - `relay`: this error, which the caller's request has caused;
   * - `response`: this response, which is usable.
   */
  readonly expect: 'next' | 'cut' | 'relay' | 'response';
  /** What the upstream does. */
  readonly script: Script;
}

/** @internal */
export function fault(expect: Fault['expect'], about: string, script: Script): Fault {
  return { about, expect, script };
}
