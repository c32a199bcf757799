/** What a caller says about caching, in the `Cache-Control` of a request (RFC 9111, 5.2.1). */
export interface CacheDirectives {
  /** Do not answer from the cache; the new answer may be kept. */
  readonly noCache: boolean;
  /** Leave the cache alone: neither answer from it nor keep the answer. */
  readonly noStore: boolean;
  /** Oldest answer that will do, in milliseconds. */
  readonly maxAgeMs: number;
  /** Answer from the cache or not at all. */
  readonly onlyIfCached: boolean;
}

const NOTHING_SAID: CacheDirectives = {
  noCache: false,
  noStore: false,
  maxAgeMs: Number.POSITIVE_INFINITY,
  onlyIfCached: false,
};

const SECONDS = /^"?(\d{1,10})"?$/;

/** Reads the header. Directives that are not known are passed over, as the RFC wants it. */
export function parseCacheControl(header: string | undefined): CacheDirectives {
  if (header === undefined) return NOTHING_SAID;
  let { noCache, noStore, maxAgeMs, onlyIfCached } = NOTHING_SAID;
  for (const directive of header.split(',')) {
    const [name = '', ...value] = directive.split('=');
    switch (name.trim().toLowerCase()) {
      case 'no-cache':
        noCache = true;
        break;
      case 'no-store':
        noStore = true;
        break;
      case 'only-if-cached':
        onlyIfCached = true;
        break;
      case 'max-age':
        maxAgeMs = Math.min(maxAgeMs, secondsAsMs(value.join('=').trim()));
        break;
      default:
    }
  }
  return { noCache, noStore, maxAgeMs, onlyIfCached };
}

/** An age that cannot be read is taken for 0: the caller wanted something fresh. */
function secondsAsMs(text: string): number {
  const seconds = SECONDS.exec(text)?.[1];
  return seconds === undefined ? 0 : Number(seconds) * 1_000;
}
