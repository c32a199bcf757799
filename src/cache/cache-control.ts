/** Request directives of `Cache-Control` (RFC 9111, 5.2.1). */
export interface CacheDirectives {
  /** Do not serve from the cache; the new response may be stored. */
  readonly noCache: boolean;
  /** Bypass the cache: neither serve from it nor store the response. */
  readonly noStore: boolean;
  /** Greatest age of a response that may be served, in milliseconds. */
  readonly maxAgeMs: number;
  /** Serve from the cache, or refuse the request. */
  readonly onlyIfCached: boolean;
}

const NOTHING_SAID: CacheDirectives = {
  noCache: false,
  noStore: false,
  maxAgeMs: Number.POSITIVE_INFINITY,
  onlyIfCached: false,
};

const SECONDS = /^"?(\d{1,10})"?$/;

/** Reads the header. Unknown directives are ignored, as the RFC requires. */
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

/** An invalid age counts as 0, as the caller wanted a fresh response. */
function secondsAsMs(text: string): number {
  const seconds = SECONDS.exec(text)?.[1];
  return seconds === undefined ? 0 : Number(seconds) * 1_000;
}
