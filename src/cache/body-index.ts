import { LRUCache } from 'lru-cache';

interface KnownBody {
  readonly bytes: Uint8Array;
  readonly name: string;
}

const MAX_BODIES = 2_000;
const MAX_BYTES = 16 * 1024 * 1024;
/** Larger bodies are hashed each time: a single one would evict hundreds. */
const MAX_BODY_BYTES = 256 * 1024;

/**
 * Names of repeated bodies, with their bytes: comparing 32 KB takes a twentieth of the time of hashing them. A body is
 * found by a hash over a sample of its bytes and then compared byte by byte. Of two bodies of a tenant with the same
 * sample hash only the later one is kept.
 */
export class BodyIndex {
  readonly #bodies = new LRUCache<string, KnownBody>({
    max: MAX_BODIES,
    maxSize: MAX_BYTES,
    sizeCalculation: ({ bytes }) => bytes.byteLength,
  });

  /** The name of `bytes`, where `tenant` has sent them before. */
  nameOf(tenant: string, bytes: Buffer): string | undefined {
    const known = this.#bodies.get(slot(tenant, bytes));
    return known !== undefined && bytes.equals(known.bytes) ? known.name : undefined;
  }

  keep(tenant: string, bytes: Buffer, name: string): void {
    if (bytes.length === 0 || bytes.length > MAX_BODY_BYTES) return;
    // A copy: a view would keep a larger buffer alive that the limit does not count.
    this.#bodies.set(slot(tenant, bytes), { bytes: Uint8Array.from(bytes), name });
  }

  clear(): void {
    this.#bodies.clear();
  }
}

/** Includes the tenant: the time of a lookup must not disclose that another tenant sent the same body. */
function slot(tenant: string, bytes: Buffer): string {
  return `${tenant}:${sketch(bytes)}`;
}

/** Hashes a sample of the bytes, most of them near the end, where requests of one conversation differ. */
function sketch(bytes: Buffer): number {
  const { length } = bytes;
  let hash = length;
  for (let back = 1; back <= length; back += 1 + (back >> 6)) {
    hash = Math.imul(hash ^ bytes[length - back]!, 0x01000193);
  }
  return hash;
}
