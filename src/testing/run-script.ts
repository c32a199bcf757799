import type { Step } from './script.js';

/** The connection that a script runs on. Its promises resolve when they are done, or when the connection closes. */
export interface ScriptTarget {
  /** The connection has closed; nothing more can be sent. */
  readonly closed: boolean;
  /** Passes `bytes` to the kernel. */
  write(bytes: Uint8Array): Promise<void>;
  /** Waits `ms`; without it, until the connection closes. */
  sleep(ms?: number): Promise<void>;
  fin(): void;
  reset(): void;
  stopReading(): void;
  resetOnReuse(): void;
}

/**
 * Runs `steps` as fast as the client reads.
 * @param sent - called with the number of bytes of each write
 * @returns whether the whole response was sent
 */
export async function runScript(
  steps: Iterable<Step>,
  target: ScriptTarget,
  sent: (bytes: number) => void,
): Promise<boolean> {
  for (const step of steps) {
    if (target.closed) return false;
    switch (step.do) {
      case 'send':
        await target.write(step.bytes);
        if (target.closed) return false;
        sent(step.bytes.length);
        break;
      case 'wait':
        await target.sleep(step.ms);
        break;
      case 'hang':
        await target.sleep();
        return false;
      case 'fin':
        target.fin();
        return step.cut !== true;
      case 'reset':
        target.reset();
        return false;
      default:
        target[step.do]();
    }
  }
  return !target.closed;
}
