import type { IncomingMessage } from 'node:http';

export type PagePart = 'page' | 'style' | 'script' | 'icon' | 'events' | 'json';

const PARTS: ReadonlyMap<string, PagePart> = new Map([
  ['', 'page'],
  ['/page.css', 'style'],
  ['/page.js', 'script'],
  ['/icon.svg', 'icon'],
  ['/events', 'events'],
  ['/status.json', 'json'],
]);

/**
 * Which part of the page a request means: `app.use(page)` has it at `/status`, `app.use('/admin/llm', page)` there.
 * @param isHosted - other handlers may serve paths that are not the page's
 */
export function pagePart(
  req: IncomingMessage & { readonly originalUrl?: string },
  isHosted: boolean,
): PagePart | undefined {
  const url = pathOf(req.url ?? '/');
  if (url === '/status.json') return 'json';
  if (url === '/status' || url.startsWith('/status/')) return PARTS.get(url.slice('/status'.length));
  const isMounted = req.originalUrl !== undefined && pathOf(req.originalUrl) !== url;
  return isMounted || !isHosted ? PARTS.get(url) : undefined;
}

/** What precedes the names of the page's parts in its links: relative, so that proxies may move it about. */
export function linkPrefix(req: IncomingMessage & { readonly originalUrl?: string }): string {
  const full = (req.originalUrl ?? req.url ?? '/').split('?', 1)[0]!;
  const last = full.slice(full.lastIndexOf('/') + 1);
  return last === '' ? './' : `./${last}/`;
}

/** The path without query and trailing slash. */
function pathOf(url: string): string {
  const path = url.split('?', 1)[0]!;
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
