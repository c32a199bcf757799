/** Batches the `data` events of one tick, so that parsing and timers run once per read of the socket. */
export class ChunkBatcher {
  readonly #read: (bytes: Buffer) => void;
  #chunks: Buffer[] = [];

  constructor(read: (bytes: Buffer) => void) {
    this.#read = read;
  }

  add(chunk: Buffer): void {
    if (this.#chunks.push(chunk) === 1) process.nextTick(flush, this);
  }

  /** Reads what has arrived at once, not at the end of the tick. */
  flush(): void {
    const chunks = this.#chunks;
    if (chunks.length === 0) return;
    this.#chunks = [];
    this.#read(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
  }
}

function flush(batcher: ChunkBatcher): void {
  batcher.flush();
}
