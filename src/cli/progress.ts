import type { TrainProgress } from '../router/index.js';

/** The part of a stream that progress is written to. */
export interface ProgressStream {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

const WIDTH = 30;

/** A bar that moves on a terminal; elsewhere one plain line for each new step. */
export function progressPrinter(stream: ProgressStream): (progress: TrainProgress) => void {
  let last = '';
  return function print({ step, done }) {
    const percent = `${Math.round(done * 100)} %`;
    if (stream.isTTY === true) {
      const filled = Math.round(done * WIDTH);
      const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
      stream.write(`\r\u001B[2K${bar} ${percent.padStart(5)} ${step}${done >= 1 ? '\n' : ''}`);
      return;
    }
    // "embedding prompts" is reported many times: once is enough for a log.
    if (step !== last) stream.write(`${percent.padStart(5)} ${step}\n`);
    last = step;
  };
}
