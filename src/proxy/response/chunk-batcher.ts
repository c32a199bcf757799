/**
 * The chunks that one read of the socket brings come one by one, and are read here as the one piece that they were: what
 * each costs is paid once a turn.
 */
export class ChunkBatcher {
  readonly #read: (bytes: Buffer) => void;
  #chunks: Buffer[] = [];

  constructor(read: (bytes: Buffer) => void) {
    this.#read = read;
  }

  add(chunk: Buffer): void {
    if (this.#chunks.push(chunk) === 1) process.nextTick(flush, this);
  }

  /** Reads what has arrived now, not at the end of the turn. */
  flush(): void {
    const chunks = this.#chunks;
    if (chunks.length === 0) return;
    this.#chunks = [];
    this.#read(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
  }
}

function flush(arrivals: ChunkBatcher): void {
  arrivals.flush();
}
