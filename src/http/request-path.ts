import type { IncomingMessage } from 'node:http';

/** What a request is for, by its path alone. */
export type RequestedRoute = 'chat' | 'models' | 'responses' | 'usage' | 'other';

/** What Express, Connect and their kin add to a request. */
interface MountedRequest extends IncomingMessage {
  readonly originalUrl?: string;
  readonly baseUrl?: string;
  readonly route?: unknown;
}

/** However a host has mounted us. */
const ENDINGS: readonly (readonly [string, RequestedRoute])[] = [
  ['/chat/completions', 'chat'],
  ['/v1/responses', 'responses'],
  ['/v1/usage', 'usage'],
  ['/v1/models', 'models'],
];

/** Below the path that a host has mounted us at. */
const NAMED: Readonly<Record<string, RequestedRoute>> = { '/responses': 'responses', '/usage': 'usage' };

/**
 * Which of our routes a request means, however the host mounted us: `app.use('/v1/chat/completions', gateway)`,
 * `app.use('/v1', gateway)`, `app.post(...)`, or a bare `http.createServer(gateway)`.
 */
export function requestedRoute(req: IncomingMessage): RequestedRoute {
  const mounted: MountedRequest = req;
  const url = mounted.url ?? '/';
  const full = pathOf(mounted.originalUrl ?? url);
  for (const [ending, route] of ENDINGS) if (full.endsWith(ending)) return route;
  if (full.includes('/v1/models/')) return 'models';
  // The host named a path of its own: what reaches us there is meant for us.
  const isMounted = mounted.originalUrl !== undefined && mounted.originalUrl !== url;
  const below = isMounted ? pathOf(url) : undefined;
  if (below === '/models' || below?.startsWith('/models/') === true) return 'models';
  return NAMED[below ?? ''] ?? (below === '' || mounted.route !== undefined ? 'chat' : 'other');
}

/**
 * Whether a request is for another endpoint than chat completions: a chain of stages at `/v1` lets it by. At a path
 * of the host's own that is no mount point (`/chat`), what reaches the chain is meant for it.
 */
export function isOtherEndpoint(req: MountedRequest): boolean {
  if (requestedRoute(req) === 'chat') return false;
  const url = req.url ?? '/';
  const isMounted = req.originalUrl !== undefined && req.originalUrl !== url;
  return isMounted || /\/v\d+\//.test(pathOf(url));
}

/** Endpoints of OpenAI's and Anthropic's APIs that clients may expect at the same base URL. */
const UNSERVED = /^(?:\/v1)?(\/(?:embeddings|completions|messages|moderations|(?:audio|images)\/[\w-]+))$/;

/**
 * Which known endpoint that is not served here a request asks for, below the base path that the host has mounted us at:
 * `/embeddings`. Where nothing is mounted the whole path is the host's.
 */
export function unservedEndpoint({ method, url = '/', originalUrl = url }: MountedRequest): string | undefined {
  return method === 'POST' && originalUrl !== url ? UNSERVED.exec(pathOf(url))?.[1] : undefined;
}

/**
 * Which model `GET …/models/{id}` asks about; `undefined` where it asks for all. Ids hold slashes, and may hold
 * `/models/` themselves (Fireworks'), so it is the first one that ends the mount path.
 */
export function requestedModel(req: MountedRequest): string | undefined {
  const url = req.url ?? '/';
  // All of them, wherever that is mounted: the path in front may have `/models/` in it, too.
  if (/^(?:\/v1)?\/models$/.test(pathOf(url))) return undefined;
  const found = /^(?:\/v1)?\/models\/(.+)/.exec(pathOf(url)) ?? /\/models\/(.+)/.exec(pathOf(req.originalUrl ?? url));
  try {
    return found?.[1] && decodeURIComponent(found[1]);
  } catch {
    // No id has a broken escape in it: it is looked up as it stands, and not found.
    return found?.[1];
  }
}

/**
 * The deployment in Azure's path, `…/openai/deployments/{deployment}/chat/completions`: the model of a request whose
 * body names none. `undefined` for every other path.
 */
export function requestedDeployment(req: MountedRequest): string | undefined {
  const url = req.originalUrl ?? req.url ?? '/';
  if (!url.includes('/deployments/')) return undefined;
  const found = /\/openai\/deployments\/([^/]+)\/chat\/completions$/.exec(pathOf(url));
  try {
    return found?.[1] && decodeURIComponent(found[1]);
  } catch {
    return found?.[1];
  }
}

/** The path without query and trailing slash. */
function pathOf(url: string): string {
  const end = url.indexOf('?');
  const path = end === -1 ? url : url.slice(0, end);
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
