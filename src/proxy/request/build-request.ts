import { randomUUID } from 'node:crypto';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { PlannedCandidate, ProviderOverride, RequestContext, ResolvedRoute } from '../../request/context.js';
import type { AttemptChange } from '../../contracts/hooks.js';
import type { Endpoint, ResolvedProvider } from '../../contracts/routing.js';
import type { UpstreamRequest, UpstreamUrl } from '../../contracts/transport.js';
import type { Exchange } from '../../contracts/wire-format.js';
import type { ChatRequest } from '../../chat/types.js';
import { isOwnFormat } from '../../formats/own-formats.js';
import { translate, upstreamRequest } from '../../request/translate.js';
import { CALLERS_POOL, GUARDED_POOL } from '../../transports/agent-pool.js';
import { Credential } from './credential.js';
import { RequestSigner } from './request-signer.js';
import { urlBehind } from './request-url.js';
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
  /** Takes the place of a credential. */
  readonly signer?: RequestSigner | undefined;
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
function operators({ url, auth, apiKey, signer }: ResolvedProvider, key: unknown): Destination {
  if (signer !== undefined)
    return { url, credential: undefined, signer: new RequestSigner(signer, url.origin), callersKey: false };
  if (apiKey === undefined || key === '') return { url, credential: undefined, callersKey: false };
  if (typeof key !== 'string' || !HEADER_VALUE.test(key))
    throw new TypeError('apiKey() gave nothing that a header can carry.');
  return { url, credential: new Credential(key, url.origin, auth), callersKey: false };
}

const HEADER_VALUE = /^[\x20-\x7e]+$/;

const configuredSecrets = new WeakMap<ResolvedProvider, readonly string[]>();

/** What of a call must never be read by a client: the key, configured headers, the URL's query, secrets of the network. */
export function secretsOf(provider: ResolvedProvider, { credential, signer }: Destination): readonly string[] {
  let configured = configuredSecrets.get(provider);
  if (configured === undefined) {
    const query = new URLSearchParams(provider.url.path.split('?')[1] ?? '');
    const ofNetwork = provider.network?.secrets() ?? [];
    configured = [...Object.values(provider.headers), ...query.values(), ...ofNetwork];
    configuredSecrets.set(provider, configured);
  }
  if (signer !== undefined) return [...signer.secrets(), ...configured];
  if (credential === undefined) return configured;
  return [credential.secret, ...configured];
}

/** Content types of streams. */
const STREAM_TYPES = { sse: 'text/event-stream', 'aws-event-stream': 'application/vnd.amazon.eventstream' } as const;

/** The headers of a call, all but the credential: an allow-list, nothing of the client's request is copied. */
export function outboundHeaders(context: RequestContext, endpoint: Endpoint): Record<string, string> {
  const { provider } = endpoint;
  return {
    ...provider.format.headers,
    ...provider.headers,
    'content-type': 'application/json',
    accept: context.request?.stream === true ? STREAM_TYPES[provider.format.framing ?? 'sse'] : 'application/json',
    // What is compressed would have to be unpacked here to be understood.
    'accept-encoding': 'identity',
    'user-agent': USER_AGENT,
    'x-request-id': context.requestId,
  };
}

/** What a call is put together from, besides the context and the candidate. */
export interface RequestParts {
  readonly destination: Destination;
  /** From `outboundHeaders`. */
  readonly headers: Record<string, string>;
  /** What a hook changes. */
  readonly change: AttemptChange | undefined;
  /** Unix milliseconds. */
  readonly wallNow: number;
}

/** A call, and how its response is read where the format translates. */
export interface BuiltRequest {
  readonly request: UpstreamRequest;
  readonly exchange: Exchange | undefined;
}

/**
 * Puts a call together: body, address, headers and, last of all, the credential. What is signed is not signed yet.
 * @throws UnsupportedRequest where the format cannot express the request.
 */
export function buildRequest(context: RequestContext, candidate: PlannedCandidate, parts: RequestParts): BuiltRequest {
  const { destination, change } = parts;
  const { format } = candidate.endpoint.provider;
  const translated = format.exchange === undefined ? undefined : exchangeFor(context, candidate, parts);
  const body = translated === undefined ? bodyOf(change?.request, context, candidate) : encoded(translated.body);
  const url =
    translated === undefined ? addressOf(context, candidate, parts) : urlBehind(destination.url, translated.path);
  // The operator's headers come before those of the format.
  const headers = translated?.headers === undefined ? parts.headers : { ...translated.headers, ...parts.headers };
  addHookHeaders(headers, change?.headers);
  headers['content-length'] = String(body.byteLength);
  destination.credential?.attach(headers, url);
  const pool = destination.callersKey ? poolOfCallers(destination.url, candidate) : '';
  // Proxy, certificates and unix socket are for the provider's own address: a caller's is reached through the guard alone.
  const network = pool === GUARDED_POOL ? undefined : candidate.endpoint.provider.network;
  return { request: { url, headers, body, fresh: false, pool, network }, exchange: translated };
}

/** `request` with the headers of the signer. `undefined`: the client does not wait any more. */
export async function signed(
  request: UpstreamRequest,
  signer: RequestSigner,
  limits: WaitLimits,
): Promise<UpstreamRequest | undefined> {
  const headers = await signer.sign(request, limits);
  return headers === undefined ? undefined : { ...request, headers: { ...request.headers, ...headers } };
}

function exchangeFor(context: RequestContext, candidate: PlannedCandidate, parts: RequestParts): Exchange | undefined {
  const { change, wallNow } = parts;
  const asked = change?.request ?? context.request!;
  const own = upstreamRequest(asked, candidate, context.route!.ownFields);
  const request =
    change?.request === undefined
      ? withExactSchemas(own, context, candidate)
      : { ...own, model: changedModel(change.request, context, candidate) };
  // Clients may send one request id with every request; ids of calls and messages must differ.
  return translate(request, candidate, { requestId: randomUUID(), now: Math.floor(wallNow / 1_000) });
}

/** Schemas are sent as they are, with bounds of 64-bit integers in them. A host's format gets plain numbers. */
function withExactSchemas(request: ChatRequest, { body }: RequestContext, { endpoint }: PlannedCandidate): ChatRequest {
  if (!isOwnFormat(endpoint.provider.format)) return request;
  const exact = SCHEMA_MEMBERS.map((member) => [member, request[member] && body?.exactMember?.(member)] as const);
  return { ...request, ...Object.fromEntries(exact.filter(([, value]) => value)) };
}

const SCHEMA_MEMBERS = ['tools', 'functions', 'response_format'];

/** Where a body of OpenAI's form goes. */
function addressOf(
  context: RequestContext,
  { endpoint }: PlannedCandidate,
  { destination, change }: RequestParts,
): UpstreamUrl {
  const { pathFor } = endpoint.provider.format;
  if (pathFor === undefined) return destination.url;
  const request = change?.request ?? context.request;
  return urlBehind(destination.url, pathFor.call(endpoint.provider.format, endpoint.facts, request?.stream === true));
}

function bodyOf(changed: ChatRequest | undefined, context: RequestContext, candidate: PlannedCandidate): Uint8Array {
  const route = context.route!;
  return changed === undefined ? bodyFor(context, route, candidate) : changedBody(changed, context, route, candidate);
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
  const request = { ...ownRequest(changed, route, candidate), model: changedModel(changed, context, candidate) };
  return encoded(candidate.endpoint.provider.format.encodeRequest?.(request) ?? request);
}

/** A hook that leaves the model alone means the upstream's name of it; another name is sent as it is. */
function changedModel(changed: ChatRequest, context: RequestContext, { endpoint }: PlannedCandidate): string {
  return changed.model === context.request?.model ? endpoint.upstreamModel : (changed.model ?? endpoint.upstreamModel);
}

/** The request without the gateway's own fields, as an object. */
function ownRequest(request: ChatRequest, route: ResolvedRoute, candidate: PlannedCandidate): ChatRequest {
  const own = upstreamRequest(request, candidate, route.ownFields);
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
