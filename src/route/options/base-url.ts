import type { UpstreamUrl } from '../../contracts/transport.js';
import type { WireFormat } from '../../contracts/wire-format.js';
import { bareHost } from '../../util/bare-host.js';
import { optionError, formatValue, text } from '../../options/checks.js';

/**
 * The URL of `baseUrl` with `path` appended to its own path. A query is kept; `/v1` is never added.
 * @throws TypeError naming the option. A value that may contain a password is not shown.
 */
export function resolveBaseUrl(option: string, value: unknown, path: string): UpstreamUrl {
  const url = checkedUrl(option, value);
  const base = withoutTrailingSlashes(url.pathname);
  if (base.endsWith(path)) throw optionError(option, `must end before ${path}, which is appended`, value);
  return upstreamUrl(url, base + path + url.search);
}

/**
 * The URL of `baseUrl` for a format. If the format's path depends on the request, it is appended to each request, and
 * the part in which base and path overlap is removed from the base.
 * @throws TypeError as `resolveBaseUrl` does
 */
export function resolveAddress(option: string, value: unknown, format: WireFormat): UpstreamUrl {
  const path = fixedPath(format);
  if (path !== undefined) return resolveBaseUrl(option, value, path);
  const url = checkedUrl(option, value);
  return upstreamUrl(url, withoutOverlap(withoutTrailingSlashes(url.pathname), format.path) + url.search);
}

function checkedUrl(option: string, value: unknown): URL {
  const url = parse(option, value);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw optionError(option, 'must begin with https:// or http://', `${url.protocol}//…`);
  }
  if (url.username !== '' || url.password !== '') {
    throw optionError(option, 'must not contain a user name or password: set the key as apiKey');
  }
  if (url.hash !== '' || url.href.endsWith('#')) throw optionError(option, 'must not contain a fragment (#…)', value);
  return url;
}

/** The path of every request; `undefined` if it depends on the request. */
export function fixedPath(format: WireFormat): string | undefined {
  return format.exchange === undefined && format.pathFor === undefined ? format.path : undefined;
}

/** `base` without the segments at its end that `path` begins with: `/v1` before `/v1/messages`. */
export function withoutOverlap(base: string, path: string): string {
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
    const beginning = path.slice(0, end);
    if (base.endsWith(beginning)) return base.slice(0, -beginning.length);
  }
  return base;
}

/** The parts of a checked `url`, with `pathAndQuery` instead of its own. */
export function upstreamUrl(url: URL, pathAndQuery: string): UpstreamUrl {
  const secure = url.protocol === 'https:';
  return Object.freeze({
    origin: url.origin,
    protocol: secure ? 'https:' : 'http:',
    hostname: bareHost(url.hostname),
    port: url.port === '' ? (secure ? '443' : '80') : url.port,
    path: pathAndQuery,
  });
}

export function withoutTrailingSlashes(path: string): string {
  let end = path.length;
  while (end > 0 && path[end - 1] === '/') end--;
  return path.slice(0, end);
}

function parse(option: string, value: unknown): URL {
  const address = text(option, value);
  const url = URL.parse(address);
  if (url !== null && url.host !== '') return url;
  const shownAddress = address.includes('@') ? 'an address with "@"' : formatValue(address);
  throw new TypeError(`${option} must be an absolute URL such as "https://api.example.com/v1", got ${shownAddress}.`);
}
