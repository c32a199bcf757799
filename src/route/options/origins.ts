import net from 'node:net';
import type { UpstreamUrl } from '../../contracts/transport.js';
import { upstreamUrl, withoutTrailingSlashes } from './base-url.js';
import { formatValue } from '../../options/checks.js';

/** The origins that a caller's `base_url` may name, and nothing else. */
export interface OriginList {
  /** The address behind `baseUrl`, with `path` appended; `undefined` when the list does not allow it. */
  urlFor(baseUrl: string, path: string): UpstreamUrl | undefined;
}

/**
 * The list that `entries` describe: `https://host[:port]`, or `https://*.example.com` for exactly one more label.
 * @throws TypeError for an entry that would allow something else than it says.
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
      const isListed = isExact || (wildcards.has(originKey(url, parentOf(hostname))) && isOrdinaryName(hostname));
      if (!isListed) return undefined;
      const target = upstreamUrl(url, withoutTrailingSlashes(pathname) + path);
      return isExact && net.isIP(target.hostname) !== 0 ? Object.freeze({ ...target, isListedAddress: true }) : target;
    },
  };
}

const LONGEST_ADDRESS = 2_048;
/** Scheme, authority, path. No userinfo, no escapes in the host, no query, fragment or backslash: each has moved a host before. */
const ADDRESS = /^https?:\/\/([^/?#\\@%]+)(\/[^?#\\]*)?$/i;
const PRINTABLE_ASCII = /^[\x21-\x7e]+$/;

/** `text` as a URL when it is written exactly as it is meant: no reader could take it for another host. */
function readAddress(text: string): URL | undefined {
  // URL drops tabs and line ends, trims spaces and folds other digits into ASCII, so it must not see them.
  if (text.length > LONGEST_ADDRESS || !PRINTABLE_ASCII.test(text)) return undefined;
  const [, authority, path = ''] = ADDRESS.exec(text) ?? [];
  if (authority === undefined || !isSafePath(path)) return undefined;
  const url = URL.parse(text);
  if (url === null || url.hostname.endsWith('.') || url.port === '0') return undefined;
  // 127.1, 0x7f000001 and 2130706433 all become 127.0.0.1: only the one plain spelling passes.
  const written = authority.toLowerCase();
  return written === url.hostname || written.startsWith(`${url.hostname}:`) ? url : undefined;
}

function wildcardOrigin(entry: string): URL | undefined {
  const [before, after, ...more] = entry.split('*');
  const isLeftmostLabel = (before === 'https://' || before === 'http://') && after?.startsWith('.') === true;
  if (!isLeftmostLabel || more.length > 0) return undefined;
  const sample = readAddress(`${before}sample${after}`);
  const isNarrow = sample !== undefined && parentOf(sample.hostname).includes('.') && isOrdinaryName(sample.hostname);
  return isNarrow ? sample : undefined;
}

/** URL leaves the scheme's own port away, so equal origins have equal keys. */
function originKey({ protocol, port }: URL, host: string): string {
  return `${protocol}//${host}:${port}`;
}

function parentOf(hostname: string): string {
  const dot = hostname.indexOf('.');
  return dot === -1 ? '' : hostname.slice(dot + 1);
}

const INNER_SUFFIXES = [
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

/** A public name like any other. Everything else must stand in the list literally. */
function isOrdinaryName(hostname: string): boolean {
  if (net.isIP(hostname) !== 0 || hostname.startsWith('[') || !hostname.includes('.')) return false;
  if (hostname.startsWith('metadata') || INNER_SUFFIXES.some((suffix) => hostname.endsWith(suffix))) return false;
  return !hostname.split('.').some((label) => label.startsWith('xn--'));
}

const SAFE_PATH = /^[A-Za-z0-9._~/-]{0,256}$/;

/** As written: URL would have taken dot segments out already. */
function isSafePath(path: string): boolean {
  if (!SAFE_PATH.test(path)) return false;
  const segments = withoutTrailingSlashes(path).split('/').slice(1);
  return segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..');
}
