import net from 'node:net';
import type { UpstreamUrl } from '../../contracts/transport.js';
import { upstreamUrl, withoutTrailingSlashes } from './base-url.js';
import { formatValue } from '../../options/checks.js';

/** The origins that a caller's `base_url` may name. */
export interface OriginList {
  /** The URL of `baseUrl` with `path` appended; `undefined` if the list does not allow it. */
  urlFor(baseUrl: string, path: string): UpstreamUrl | undefined;
}

/**
 * The list of `entries`: `https://host[:port]`, or `https://*.example.com` for exactly one more label.
 * @throws TypeError for an entry in another form
 */
export function compileOrigins(option: string, entries: readonly string[]): OriginList {
  const exact = new Set<string>();
  const wildcards = new Set<string>();
  for (const [index, entry] of entries.entries()) {
    const isWildcard = entry.includes('*');
    const origin = isWildcard ? wildcardOrigin(entry) : readAddress(entry);
    if (origin === undefined || withoutTrailingSlashes(origin.pathname) !== '') {
      throw new TypeError(
        `${option}[${index}] must be an origin such as "https://api.example.com", "http://10.0.0.5:8000" or ` +
          `"https://*.example.com", in lower case and without a path, got ${entry.includes('@') ? 'one with "@"' : formatValue(entry)}.`,
      );
    }
    (isWildcard ? wildcards : exact).add(originKey(origin, isWildcard ? parentOf(origin.hostname) : origin.hostname));
  }
  return {
    urlFor(baseUrl, path) {
      const url = readAddress(baseUrl);
      if (url === undefined) return undefined;
      const { hostname, pathname } = url;
      const isExact = exact.has(originKey(url, hostname));
      const isListed = isExact || (wildcards.has(originKey(url, parentOf(hostname))) && isPublicName(hostname));
      if (!isListed) return undefined;
      const target = upstreamUrl(url, withoutTrailingSlashes(pathname) + path);
      return isExact && net.isIP(target.hostname) !== 0 ? Object.freeze({ ...target, isListedAddress: true }) : target;
    },
  };
}

const MAX_ADDRESS = 2_048;
/**
 * Scheme, authority, path. No userinfo, no escapes in the host, no query, fragment or backslash, because parsers
 * disagree about them.
 */
const ADDRESS = /^https?:\/\/([^/?#\\@%]+)(\/[^?#\\]*)?$/i;
const PRINTABLE_ASCII = /^[\x21-\x7e]+$/;

/** `text` as a URL; `undefined` if it is not in canonical form, so that another parser might read another host. */
function readAddress(text: string): URL | undefined {
  // URL removes tabs and line ends, trims spaces and maps other digits to ASCII, so such text is refused before.
  if (text.length > MAX_ADDRESS || !PRINTABLE_ASCII.test(text)) return undefined;
  const [, authority, path = ''] = ADDRESS.exec(text) ?? [];
  if (authority === undefined || !isSafePath(path)) return undefined;
  const url = URL.parse(text);
  if (url === null || url.hostname.endsWith('.') || url.port === '0') return undefined;
  // URL turns 127.1, 0x7f000001 and 2130706433 into 127.0.0.1: only the canonical spelling is accepted.
  const written = authority.toLowerCase();
  return written === url.hostname || written.startsWith(`${url.hostname}:`) ? url : undefined;
}

function wildcardOrigin(entry: string): URL | undefined {
  const [before, after, ...more] = entry.split('*');
  const isLeftmostLabel = (before === 'https://' || before === 'http://') && after?.startsWith('.') === true;
  if (!isLeftmostLabel || more.length > 0) return undefined;
  const sample = readAddress(`${before}sample${after}`);
  const isNarrow = sample !== undefined && parentOf(sample.hostname).includes('.') && isPublicName(sample.hostname);
  return isNarrow ? sample : undefined;
}

/** URL omits the default port of a scheme, so that equal origins have equal keys. */
function originKey({ protocol, port }: URL, host: string): string {
  return `${protocol}//${host}:${port}`;
}

function parentOf(hostname: string): string {
  const dot = hostname.indexOf('.');
  return dot === -1 ? '' : hostname.slice(dot + 1);
}

const INTERNAL_SUFFIXES = [
  '.local',
  '.localhost',
  '.internal',
  '.intranet',
  '.lan',
  '.home',
  '.corp',
  '.test',
  '.invalid',
  '.onion',
  '.home.arpa',
];

/** Whether a wildcard may match `hostname`: a public DNS name. All other hosts must be listed literally. */
function isPublicName(hostname: string): boolean {
  if (net.isIP(hostname) !== 0 || hostname.startsWith('[') || !hostname.includes('.')) return false;
  if (hostname.startsWith('metadata') || INTERNAL_SUFFIXES.some((suffix) => hostname.endsWith(suffix))) return false;
  return !hostname.split('.').some((label) => label.startsWith('xn--'));
}

const SAFE_PATH = /^[A-Za-z0-9._~/-]{0,256}$/;

/** Checks the path as written, because URL would remove dot segments. */
function isSafePath(path: string): boolean {
  if (!SAFE_PATH.test(path)) return false;
  const segments = withoutTrailingSlashes(path).split('/').slice(1);
  return segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..');
}
