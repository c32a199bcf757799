import type { IncomingMessage } from 'node:http';

/** The route of a request, by its path alone. */
export type RequestedRoute = 'chat' | 'models' | 'responses' | 'usage' | 'other';

/** Members that Express, Connect and similar frameworks add to a request. */
interface MountedRequest extends IncomingMessage {
  readonly originalUrl?: string;
  readonly baseUrl?: string;
  readonly route?: unknown;
}

/** Endings of the full path, wherever the gateway is mounted. */
const PATH_ENDINGS: readonly (readonly [string, RequestedRoute])[] = [
  ['/chat/completions', 'chat'],
  ['/v1/responses', 'responses'],
  ['/v1/usage', 'usage'],
  ['/v1/models', 'models'],
];

/** Paths below the mount path. */
const BELOW_MOUNT: Readonly<Record<string, RequestedRoute>> = { '/responses': 'responses', '/usage': 'usage' };

/**
 * The route of a request, however the host has mounted the gateway: `app.use('/v1/chat/completions', gateway)`,
 * `app.use('/v1', gateway)`, `app.post(...)`, or a bare `http.createServer(gateway)`.
 */
export function requestedRoute(req: IncomingMessage): RequestedRoute {
  const mounted: MountedRequest = req;
  const url = mounted.url ?? '/';
  const full = pathOf(mounted.originalUrl ?? url);
  for (const [ending, route] of PATH_ENDINGS) if (full.endsWith(ending)) return route;
  if (full.includes('/v1/models/')) return 'models';
  // The host has mounted the gateway at a path of its own, so every request there is for the gateway.
  const isMounted = mounted.originalUrl !== undefined && mounted.originalUrl !== url;
  const below = isMounted ? pathOf(url) : undefined;
  if (below === '/models' || below?.startsWith('/models/') === true) return 'models';
  return BELOW_MOUNT[below ?? ''] ?? (below === '' || mounted.route !== undefined ? 'chat' : 'other');
}

/**
 * Whether a request is for another endpoint than chat completions, so that stages mounted at `/v1` pass it on. At a
 * path of the host's own that is not a mount point (`/chat`), every request is for the stages.
 */
export function isOtherEndpoint(req: MountedRequest): boolean {
  if (requestedRoute(req) === 'chat') return false;
  const url = req.url ?? '/';
  const isMounted = req.originalUrl !== undefined && req.originalUrl !== url;
  return isMounted || /\/v\d+\//.test(pathOf(url));
}

/** Endpoints of OpenAI's and Anthropic's APIs that clients may call at the same base URL, but that are not served. */
const UNSERVED = /^(?:\/v1)?(\/(?:embeddings|completions|messages|moderations|(?:audio|images)\/[\w-]+))$/;

/**
 * The known endpoint below the mount path that is not served: `/embeddings`. `undefined` for other paths, and if the
 * gateway is not mounted at a path, because other paths then belong to the host.
 */
export function unservedEndpoint({ method, url = '/', originalUrl = url }: MountedRequest): string | undefined {
  return method === 'POST' && originalUrl !== url ? UNSERVED.exec(pathOf(url))?.[1] : undefined;
}

/**
 * The model of `GET …/models/{id}`; `undefined` for the list of all. Ids contain slashes, and may contain `/models/`
 * (Fireworks'), so the first `/models/` ends the mount path.
 */
export function requestedModel(req: MountedRequest): string | undefined {
  const url = req.url ?? '/';
  // The list of all models: the mount path may itself contain `/models/`.
  if (/^(?:\/v1)?\/models$/.test(pathOf(url))) return undefined;
  const found = /^(?:\/v1)?\/models\/(.+)/.exec(pathOf(url)) ?? /\/models\/(.+)/.exec(pathOf(req.originalUrl ?? url));
  try {
    return found?.[1] && decodeURIComponent(found[1]);
  } catch {
    // No id contains an invalid escape, so this one will not be found.
    return found?.[1];
  }
}

/**
 * The deployment in Azure's path `…/openai/deployments/{deployment}/chat/completions`, which is the model of a request
 * whose body names none. `undefined` for other paths.
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
