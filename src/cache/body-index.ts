import { LRUCache } from 'lru-cache';

interface KnownBody {
  readonly bytes: Uint8Array;
  readonly name: string;
}

const MAX_BODIES = 2_000;
const MAX_BYTES = 16 * 1024 * 1024;
/** Larger bodies are hashed each time: a single one would drive out hundreds. */
const MAX_BODY_BYTES = 256 * 1024;

/**
 * Names of bodies that keep coming, each beside its very bytes: to compare 32 KB takes a twentieth of the time that it
 * takes to hash them. A body is found by a sketch of it; that two share one is no danger, for every byte is compared, and
 * of two such bodies of one tenant only the later one is kept.
 */
export class BodyIndex {
  readonly #bodies = new LRUCache<string, KnownBody>({
    max: MAX_BODIES,
    maxSize: MAX_BYTES,
    sizeCalculation: ({ bytes }) => bytes.byteLength,
  });

  /** The name of `bytes`, where `tenant` is known to send them. */
  nameOf(tenant: string, bytes: Buffer): string | undefined {
    const known = this.#bodies.get(slot(tenant, bytes));
    return known !== undefined && bytes.equals(known.bytes) ? known.name : undefined;
  }

  keep(tenant: string, bytes: Buffer, name: string): void {
    if (bytes.length === 0 || bytes.length > MAX_BODY_BYTES) return;
    // A copy: a view would keep all of a larger buffer alive, uncounted.
    this.#bodies.set(slot(tenant, bytes), { bytes: Uint8Array.from(bytes), name });
  }

  clear(): void {
    this.#bodies.clear();
  }
}

/** With the tenant in it: how fast a body is found must not tell that somebody else sent the same. */
function slot(tenant: string, bytes: Buffer): string {
  return `${tenant}:${sketch(bytes)}`;
}

/** Hashes some of the bytes, most of them near the end: there the next request of a conversation differs from the last. */
function sketch(bytes: Buffer): number {
  const { length } = bytes;
  let hash = length;
  for (let back = 1; back <= length; back += 1 + (back >> 6)) {
    hash = Math.imul(hash ^ bytes[length - back]!, 0x01000193);
  }
  return hash;
}
