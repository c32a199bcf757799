import type { Step } from './script.js';

/** What a script is played on. Its promises resolve when they are done, and when the connection closes. */
export interface Line {
  /** The connection has closed; nothing more can be sent. */
  readonly gone: boolean;
  /** Hands `bytes` to the kernel. */
  write(bytes: Uint8Array): Promise<void>;
  /** Waits `ms`; without, until the connection closes. */
  sleep(ms?: number): Promise<void>;
  fin(): void;
  reset(): void;
  stopReading(): void;
  resetOnReuse(): void;
}

/**
 * Plays `steps` at the pace of the reader.
 * @param sent is told how many bytes went out
 * @returns whether the whole answer went out
 */
export async function play(steps: Iterable<Step>, line: Line, sent: (bytes: number) => void): Promise<boolean> {
  for (const step of steps) {
    if (line.gone) return false;
    switch (step.do) {
      case 'send':
        await line.write(step.bytes);
        if (line.gone) return false;
        sent(step.bytes.length);
        break;
      case 'wait':
        await line.sleep(step.ms);
        break;
      case 'hang':
        await line.sleep();
        return false;
      case 'fin':
        line.fin();
        return step.cut !== true;
      case 'reset':
        line.reset();
        return false;
      default:
        line[step.do]();
    }
  }
  return !line.gone;
}
