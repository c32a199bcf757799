import type { Script } from './script.js';

/** A way in which upstreams fail, as a script, and what a gateway should make of it. */
export interface Fault {
  /** What the upstream does, in one line. */
  readonly about: string;
  /**
   * What the client of a gateway should see:
   * - `next`: nothing of it, another upstream answers;
   * - `cut`: where a stream had begun, an error and no `[DONE]`; before that, as `next`;
   * - `relay`: this error, for it is the caller's own;
   * - `answer`: the answer in it, for there is one.
   */
  readonly expect: 'next' | 'cut' | 'relay' | 'answer';
  /** What the upstream does. */
  readonly script: Script;
}

/** @internal */
export function fault(expect: Fault['expect'], about: string, script: Script): Fault {
  return { about, expect, script };
}
