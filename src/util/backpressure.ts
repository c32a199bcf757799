import type { ResponseSink } from '../contracts/sink.js';
import type { CancelSignal } from './cancellation.js';

/**
 * Writes `payloads` to an open sink as fast as it accepts them, then `[DONE]`.
 * False: the signal aborted before the end, and the stream was left without `[DONE]`.
 */
export async function writeAll(
  sink: ResponseSink,
  payloads: readonly string[],
  cancelSignal: CancelSignal,
): Promise<boolean> {
  for (const payload of payloads) {
    if (cancelSignal.aborted) return false;
    if (!sink.event(payload)) await drained(sink, cancelSignal);
  }
  if (cancelSignal.aborted) return false;
  sink.done();
  return true;
}

/** Resolves when the sink accepts events again, or the signal aborts. */
function drained(sink: ResponseSink, cancelSignal: CancelSignal): Promise<void> {
  return new Promise((resolve) => {
    const unsubscribe = cancelSignal.onAbort(resolve);
    sink.onDrain(() => {
      unsubscribe();
      resolve();
    });
  });
}
