import { EventEmitter } from 'node:events';

/** As much of an ioredis client as the store sees, with a Map for a server. */
export class FakeRedis extends EventEmitter {
  readonly values = new Map<string, { value: Buffer; ttlMs: number }>();
  calls = 0;
  mode: 'works' | 'fails' | 'hangs' = 'works';

  getBuffer(key: string): Promise<Buffer | null> {
    return this.#respond(() => this.values.get(key)?.value ?? null);
  }

  set(key: string, value: Buffer, _unit: 'PX', ttlMs: number): Promise<unknown> {
    return this.#respond(() => this.values.set(key, { value: Buffer.from(value), ttlMs }));
  }

  del(key: string): Promise<unknown> {
    return this.#respond(() => this.values.delete(key));
  }

  #respond<T>(work: () => T): Promise<T> {
    this.calls++;
    if (this.mode === 'hangs') return new Promise(() => undefined);
    if (this.mode === 'fails')
      return Promise.reject(new Error('READONLY You cannot write against a read only replica.'));
    return Promise.resolve(work());
  }
}
