import type { ServerResponse } from 'node:http';

/** Pages that may be open at once. */
const MAX_VIEWERS = 32;

/** The responses of those who have the page open, each a stream of events. */
export class Viewers {
  readonly #viewers = new Set<ServerResponse>();
  #hasEnded = false;

  get size(): number {
    return this.#viewers.size;
  }

  /** Whether one more viewer is admitted. */
  get canAdmit(): boolean {
    return !this.#hasEnded && this.#viewers.size < MAX_VIEWERS;
  }

  add(res: ServerResponse, firstFrame: string): void {
    res.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    res.write(frameEvent(firstFrame));
    this.#viewers.add(res);
    res.once('close', () => this.#viewers.delete(res));
  }

  send(frame: string): void {
    const event = frameEvent(frame);
    for (const res of this.#viewers) {
      // A viewer that has not read the last frame yet gets the next one.
      if (!res.writableNeedDrain) res.write(event);
    }
  }

  end(): void {
    this.#hasEnded = true;
    for (const res of this.#viewers) res.end();
    this.#viewers.clear();
  }
}

function frameEvent(frame: string): string {
  return `event: frame\ndata: ${JSON.stringify(frame)}\n\n`;
}
