import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { PlannedCandidate, ProviderOverride, RequestContext, ResolvedRoute } from '../../request/context.js';
import type { AttemptChange } from '../../contracts/hooks.js';
import type { Endpoint, ResolvedProvider } from '../../contracts/routing.js';
import type { UpstreamRequest, UpstreamUrl } from '../../contracts/transport.js';
import type { ChatRequest } from '../../chat/types.js';
import { CALLERS_POOL, GUARDED_POOL } from '../../transports/agent-pool.js';
import { Credential } from './credential.js';
import { waitFor, type WaitLimits } from '../../util/wait-for.js';

/** Names that no hook and no option may set: they are ours, or they change how the message is read. */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'cookie',
  'accept-encoding',
]);

const USER_AGENT = 'nordlys-proxy';

/** Where a call goes, and with what. */
export interface Destination {
  readonly url: UpstreamUrl;
  readonly credential: Credential | undefined;
  /** The credential came with the request. */
  readonly callersKey: boolean;
}

/**
 * The address and the key for one candidate, bound to each other. The one place where they meet.
 * `undefined`: nobody waits any more. @throws what the host's `apiKey()` throws, or when it takes too long.
 */
export async function resolveDestination(
  provider: ResolvedProvider,
  override: ProviderOverride | undefined,
  limits: WaitLimits,
): Promise<Destination | undefined> {
  if (override?.apiKey !== undefined) {
    const url = override.url ?? provider.url;
    return { url, credential: new Credential(override.apiKey, url.origin, provider.auth), callersKey: true };
  }
  // Without a key of the caller's own the address is the operator's, whatever else the override says.
  if (typeof provider.apiKey !== 'function') return operators(provider, provider.apiKey);
  const asked = await waitFor(provider.apiKey, limits);
  if (asked.kind === 'timed-out') throw new Error('apiKey() took too long.');
  return asked.kind === 'aborted' ? undefined : operators(provider, asked.value);
}

/** A provider without a key is one; one whose key cannot stand in a header is out of order. */
function operators({ url, auth, apiKey }: ResolvedProvider, key: unknown): Destination {
  if (apiKey === undefined || key === '') return { url, credential: undefined, callersKey: false };
  if (typeof key !== 'string' || !HEADER_VALUE.test(key))
    throw new TypeError('apiKey() gave nothing that a header can carry.');
  return { url, credential: new Credential(key, url.origin, auth), callersKey: false };
}

const HEADER_VALUE = /^[\x20-\x7e]+$/;

const configuredSecrets = new WeakMap<ResolvedProvider, readonly string[]>();

/** What of a call must never be read by a client: the key, configured headers, the URL's query, secrets of the network. */
export function secretsOf(provider: ResolvedProvider, { credential }: Destination): readonly string[] {
  let configured = configuredSecrets.get(provider);
  if (configured === undefined) {
    const query = new URLSearchParams(provider.url.path.split('?')[1] ?? '');
    const ofNetwork = provider.network?.secrets() ?? [];
    configured = [...Object.values(provider.headers), ...query.values(), ...ofNetwork];
    configuredSecrets.set(provider, configured);
  }
  if (credential === undefined) return configured;
  return [credential.secret, ...configured];
}

/** The headers of a call, all but the credential: an allow-list, nothing of the client's request is copied. */
export function outboundHeaders(context: RequestContext, endpoint: Endpoint): Record<string, string> {
  const { provider } = endpoint;
  return {
    ...provider.headers,
    ...provider.format.headers,
    'content-type': 'application/json',
    accept: context.request?.stream === true ? 'text/event-stream' : 'application/json',
    // What is compressed would have to be unpacked here to be understood.
    'accept-encoding': 'identity',
    'user-agent': USER_AGENT,
    'x-request-id': context.requestId,
  };
}

/** Puts a call together: body, headers and, last of all, the credential. */
export function buildRequest(
  context: RequestContext,
  candidate: PlannedCandidate,
  { url, credential, callersKey }: Destination,
  headers: Record<string, string>,
  change: AttemptChange | undefined,
): UpstreamRequest {
  const route = context.route!;
  const body =
    change?.request === undefined
      ? bodyFor(context, route, candidate)
      : changedBody(change.request, context, route, candidate);
  addHookHeaders(headers, change?.headers);
  headers['content-length'] = String(body.byteLength);
  credential?.attach(headers, url);
  const pool = callersKey ? poolOfCallers(url, candidate) : '';
  // Proxy, certificates and unix socket are for the provider's own address: a caller's is reached through the guard alone.
  const network = pool === GUARDED_POOL ? undefined : candidate.endpoint.provider.network;
  return { url, headers, body, fresh: false, pool, network };
}

/** Callers' sockets are never shared with the operator's, and those to addresses of their own are guarded. */
function poolOfCallers(url: UpstreamUrl, { endpoint }: PlannedCandidate): string {
  return url === endpoint.provider.url ? CALLERS_POOL : GUARDED_POOL;
}

function bodyFor(context: RequestContext, route: ResolvedRoute, candidate: PlannedCandidate): Uint8Array {
  const { encodeRequest } = candidate.endpoint.provider.format;
  const request = context.request!;
  if (encodeRequest !== undefined) return encoded(encodeRequest(ownRequest(request, route, candidate)));
  return context.body!.bytesFor({
    set: editsFor(request, candidate),
    remove: removedFields(route, candidate),
  });
}

/** A hook's own request is sent as the hook made it, but for the fields that no upstream is told. */
function changedBody(
  changed: ChatRequest,
  context: RequestContext,
  route: ResolvedRoute,
  candidate: PlannedCandidate,
): Uint8Array {
  const model = changed.model === context.request?.model ? candidate.endpoint.upstreamModel : changed.model;
  const request = { ...ownRequest(changed, route, candidate), model: model ?? candidate.endpoint.upstreamModel };
  return encoded(candidate.endpoint.provider.format.encodeRequest?.(request) ?? request);
}

/** The request without the gateway's own fields, as an object. */
function ownRequest(request: ChatRequest, route: ResolvedRoute, candidate: PlannedCandidate): ChatRequest {
  const own: ChatRequest = { ...request, model: candidate.endpoint.upstreamModel };
  for (const field of route.ownFields) delete own[field];
  for (const field of candidate.drop) delete own[field];
  if (own.stream === true && takesStreamOptions(candidate))
    own.stream_options = { ...own.stream_options, include_usage: true };
  return own;
}

function encoded(body: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(body));
}

const modelTexts = new WeakMap<Endpoint, Readonly<Record<string, string>>>();

/** Of a provider that refuses them, `stream_options` are dropped like any parameter that it does not understand. */
export function withoutStreamOptions(candidate: PlannedCandidate): PlannedCandidate {
  return takesStreamOptions(candidate) ? { ...candidate, drop: [...candidate.drop, 'stream_options'] } : candidate;
}

function takesStreamOptions({ drop }: PlannedCandidate): boolean {
  return !drop.includes('stream_options');
}

function editsFor(request: ChatRequest, candidate: PlannedCandidate): Readonly<Record<string, string>> {
  const { endpoint } = candidate;
  let edits = modelTexts.get(endpoint);
  if (edits === undefined) {
    edits = Object.freeze({ model: JSON.stringify(endpoint.upstreamModel) });
    modelTexts.set(endpoint, edits);
  }
  if (request.stream !== true || request.stream_options?.include_usage === true) return edits;
  if (!takesStreamOptions(candidate)) return edits;
  // Usage is always asked for, for the accounts; the extra chunk reaches only those who asked themselves.
  return { ...edits, stream_options: JSON.stringify({ ...request.stream_options, include_usage: true }) };
}

function removedFields(route: ResolvedRoute, candidate: PlannedCandidate): ReadonlySet<string> {
  return candidate.drop.length === 0 ? route.ownFields : new Set([...route.ownFields, ...candidate.drop]);
}

function addHookHeaders(headers: Record<string, string>, added: Readonly<Record<string, string>> | undefined): void {
  if (added === undefined) return;
  for (const [name, value] of Object.entries(added)) {
    const key = name.toLowerCase();
    if (RESERVED_HEADERS.has(key) || key === 'authorization' || key === 'x-api-key' || key === 'api-key') {
      throw new TypeError(`beforeAttempt must not set the header "${key}".`);
    }
    // A name or value that no header can carry is the hook's fault, not the upstream's: it throws here.
    validateHeaderName(key);
    validateHeaderValue(key, value);
    headers[key] = value;
  }
}
