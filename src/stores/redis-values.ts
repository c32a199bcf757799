import type { Clock } from '../contracts/clock.js';
import type { Unsealed, ValueSigner } from './authenticated-value.js';
import { FailOpen } from './fail-open.js';
import type { RedisCommands } from './redis-client.js';

const GET_LIMIT_MS = 50;
const SET_LIMIT_MS = 200;
const MAX_WRITES_UNDER_WAY = 100;

export interface RedisValuesParts {
  readonly commands: RedisCommands;
  readonly signer: ValueSigner;
  readonly prefix: string;
  readonly maxValueBytes: number;
  readonly jitter: number;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Signed values in Redis, with a time limit on every command. No method rejects. */
export class RedisValues {
  /** Writes that were not sent, because too many were in flight. */
  dropped = 0;
  /** Values that were too large to send. */
  tooLarge = 0;
  /** Values with an invalid signature. */
  badSeals = 0;
  readonly failOpen: FailOpen;
  readonly #parts: RedisValuesParts;
  #writesUnderWay = 0;

  constructor(parts: RedisValuesParts) {
    this.#parts = parts;
    this.failOpen = new FailOpen(parts.clock);
  }

  /** The value in Redis under `key`; `'unknown'` where Redis did not respond. */
  async get(key: string): Promise<Unsealed | undefined | 'unknown'> {
    const { commands, signer, clock } = this.#parts;
    const name = this.#parts.prefix + key;
    const reply = await this.failOpen.run(async () => ({ sealed: await commands.get(name) }), GET_LIMIT_MS);
    if (reply === undefined) return 'unknown';
    if (reply.sealed === undefined) return undefined;
    const unsealed = signer.unseal(name, reply.sealed);
    if (unsealed === undefined) this.badSeals++;
    // Redis may keep a value beyond its expiry: after a restore, or a step of its clock.
    return unsealed === undefined || unsealed.expiresAt <= clock.wallNow() ? undefined : unsealed;
  }

  /** @returns true once Redis holds the value */
  async set(key: string, value: Uint8Array, expiresAt: number): Promise<boolean> {
    const { commands, signer, prefix, jitter, clock, random, maxValueBytes } = this.#parts;
    const ttlMs = Math.floor((expiresAt - clock.wallNow()) * (1 - jitter * random()));
    if (value.byteLength > maxValueBytes) this.tooLarge++;
    else if (this.#writesUnderWay >= MAX_WRITES_UNDER_WAY) this.dropped++;
    else if (ttlMs < 1) await this.delete(key);
    else {
      const sealed = signer.seal(prefix + key, value, clock.wallNow() + ttlMs);
      this.#writesUnderWay++;
      const written = await this.failOpen.run(async () => {
        await commands.set(prefix + key, sealed, ttlMs);
        return true;
      }, SET_LIMIT_MS);
      this.#writesUnderWay--;
      return written === true;
    }
    return false;
  }

  async delete(key: string): Promise<void> {
    const { commands, prefix } = this.#parts;
    await this.failOpen.run(() => commands.delete(prefix + key), SET_LIMIT_MS);
  }
}
