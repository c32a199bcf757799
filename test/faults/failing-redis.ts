/** A Redis client of ioredis' form over a Map, with the faults that a test selects. */
export class IllRedis {
  readonly values = new Map<string, Buffer>();
  readonly #mode: 'works' | 'fails' | 'hangs' | 'is full';

  constructor(mode: 'works' | 'fails' | 'hangs' | 'is full' = 'works') {
    this.#mode = mode;
  }

  getBuffer(key: string): Promise<Buffer | null> {
    return this.#respond(() => this.values.get(key) ?? null);
  }

  set(key: string, value: Buffer, ..._expiry: readonly unknown[]): Promise<unknown> {
    if (this.#mode === 'is full') return Promise.reject(new Error('OOM command not allowed'));
    return this.#respond(() => this.values.set(key, value));
  }

  del(key: string): Promise<unknown> {
    return this.#respond(() => this.values.delete(key));
  }

  #respond<T>(act: () => T): Promise<T> {
    if (this.#mode === 'fails') return Promise.reject(new Error('ECONNREFUSED'));
    return this.#mode === 'hangs' ? new Promise(() => {}) : Promise.resolve(act());
  }
}
