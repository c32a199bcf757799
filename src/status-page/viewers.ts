import type { ServerResponse } from 'node:http';

/** AdminRoutes that may look at once. */
const MOST_VIEWERS = 32;

/** Those who have the page open, each on a stream of events. */
export class Viewers {
  readonly #viewers = new Set<ServerResponse>();

  get size(): number {
    return this.#viewers.size;
  }

  /** False: there are too many already. */
  add(res: ServerResponse, firstFrame: string): boolean {
    if (this.#viewers.size >= MOST_VIEWERS) return false;
    res.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    res.write(frameEvent(firstFrame));
    this.#viewers.add(res);
    res.once('close', () => this.#viewers.delete(res));
    return true;
  }

  send(frame: string): void {
    const event = frameEvent(frame);
    for (const res of this.#viewers) {
      // Who has not read the last one gets the next one.
      if (!res.writableNeedDrain) res.write(event);
    }
  }

  end(): void {
    for (const res of this.#viewers) res.end();
    this.#viewers.clear();
  }
}

function frameEvent(frame: string): string {
  return `event: frame\ndata: ${JSON.stringify(frame)}\n\n`;
}
