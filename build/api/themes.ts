/** What types are about: a heading of the reference, and the page that explains it. */
export interface Theme {
  readonly title: string;
  /** Below `docs`. */
  readonly page: string;
  /** Of a theme with many types: the end of the name of its own page in the reference. */
  readonly ownPage?: string;
  /** How the paths of the declaring files in `src` begin. */
  readonly files: readonly string[];
}

/** In the order of the reference. The first theme that a file matches is its own. */
export const THEMES: readonly Theme[] = [
  { title: 'hooks', page: 'hooks.md', files: ['contracts/hooks', 'contracts/router', 'options/middleware'] },
  {
    title: 'callers and requests',
    page: 'mounting.md',
    files: ['contracts/caller', 'request/context', 'http/middleware', 'options/authenticate-types'],
  },
  {
    title: 'routing',
    page: 'routing.md',
    files: ['contracts/routing', 'route/', 'proxy/'],
  },
  {
    title: 'wire formats',
    page: 'formats/README.md',
    files: ['contracts/wire-format', 'contracts/failed-response', 'formats/', 'aws/'],
  },
  {
    title: 'transports',
    page: 'network.md',
    files: ['contracts/transport', 'contracts/network', 'options/network', 'undici/'],
  },
  {
    title: 'cache',
    page: 'caching.md',
    files: ['cache/', 'contracts/store', 'options/cache', 'stores/lru', 'stores/redis-store', 'stores/redis-client'],
  },
  {
    title: 'limits and prices',
    page: 'limits.md',
    files: ['limit/', 'contracts/limit', 'contracts/spend', 'stores/', 'chat/prices', 'chat/token-counts'],
  },
  { title: 'guards', page: 'guards.md', files: ['guard/', 'contracts/guard'] },
  {
    title: 'observability',
    page: 'observability.md',
    files: ['contracts/observability', 'options/admin', 'status', 'status-page/'],
  },
  { title: 'errors', page: 'errors.md', files: ['errors/', 'request/error-handler'] },
  { title: 'options', page: 'options.md', files: ['gateway', 'stages', 'options/', 'runtime/'] },
  { title: 'chat completions', page: 'wire-decisions.md', ownPage: 'chat', files: ['chat/'] },
  { title: 'the router that reads the prompt', page: 'router.md', files: ['router/'] },
  { title: 'the test kit', page: 'testing.md', files: ['testing/', 'contracts/clock', 'contracts/sink'] },
];

/** The theme of the types that a file in `src` declares. @throws Error for a file that has none */
export function themeOf(file: string): Theme {
  const theme = THEMES.find(({ files }) => files.some((beginning) => file.startsWith(beginning)));
  if (theme === undefined)
    throw new Error(`src/${file} declares public types: give it a theme in build/api/themes.ts.`);
  return theme;
}
