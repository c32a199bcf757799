import type { UpstreamUrl } from '../../contracts/transport.js';

/** A slash and visible ASCII: nothing that a parser could take for another host, a fragment or a second line. */
const PATH = /^\/[!-"$-[\]-~]*$/;

/**
 * `base` with a request's own path and query appended. The origin does not change. If both have a query parameter, the
 * one of `base` is used.
 * @throws TypeError if `pathAndQuery` is not a valid path.
 */
export function urlBehind(base: UpstreamUrl, pathAndQuery: string): UpstreamUrl {
  if (!PATH.test(pathAndQuery)) throw new TypeError('A wire format returned a path that cannot be sent.');
  const [basePath, baseQuery] = splitQuery(base.path);
  const [path, query] = splitQuery(pathAndQuery);
  const names = new Set(baseQuery.map(nameOf));
  const merged = [...baseQuery, ...query.filter((pair) => !names.has(nameOf(pair)))];
  return { ...base, path: basePath + path + (merged.length === 0 ? '' : `?${merged.join('&')}`) };
}

function splitQuery(path: string): [path: string, pairs: readonly string[]] {
  const at = path.indexOf('?');
  if (at === -1) return [path, []];
  return [
    path.slice(0, at),
    path
      .slice(at + 1)
      .split('&')
      .filter((pair) => pair !== ''),
  ];
}

function nameOf(pair: string): string {
  return pair.split('=', 1)[0]!;
}
