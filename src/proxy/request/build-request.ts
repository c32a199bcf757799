import { randomUUID } from 'node:crypto';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { Clock } from '../../contracts/clock.js';
import type { PlannedCandidate, RequestContext, ResolvedRoute } from '../../request/context.js';
import type { AttemptChange } from '../../contracts/hooks.js';
import type { Endpoint } from '../../contracts/routing.js';
import type { UpstreamRequest, UpstreamUrl } from '../../contracts/transport.js';
import type { Exchange } from '../../contracts/wire-format.js';
import { withoutCacheMarks } from '../../chat/cache-marks.js';
import type { ChatRequest } from '../../chat/types.js';
import { isOwnFormat } from '../../formats/own-formats.js';
import { CONNECTION_HEADERS } from '../../http/connection-headers.js';
import { ChangedBody } from '../../json/changed-body.js';
import { KeptDigits } from '../../json/kept-digits.js';
import type { RequestBody } from '../../json/request-body.js';
import { translate, upstreamRequest } from '../../request/translate.js';
import { CALLERS_POOL, GUARDED_POOL } from '../../transports/agent-pool.js';
import type { Destination } from './destination.js';
import type { RequestSigner } from './request-signer.js';
import { urlBehind } from './request-url.js';
import { withoutReasoning } from './returned-reasoning.js';
import type { WaitLimits } from '../../util/wait-for.js';

/** Headers that a hook must not set. */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  ...CONNECTION_HEADERS,
  'authorization',
  'x-api-key',
  'api-key',
  'cookie',
]);

const USER_AGENT = 'nordlys-proxy';

/** Content types of streams. */
const STREAM_TYPES = { sse: 'text/event-stream', 'aws-event-stream': 'application/vnd.amazon.eventstream' } as const;

/** All headers but the credential. Nothing is copied from the client's request. */
export function outboundHeaders(context: RequestContext, endpoint: Endpoint): Record<string, string> {
  const { provider } = endpoint;
  return {
    ...provider.format.headers,
    ...provider.headers,
    'content-type': 'application/json',
    accept: context.request?.stream === true ? STREAM_TYPES[provider.format.framing ?? 'sse'] : 'application/json',
    // The gateway reads every response, so a compressed one would only have to be decompressed here.
    'accept-encoding': 'identity',
    'user-agent': USER_AGENT,
    'x-request-id': context.requestId,
  };
}

/** Inputs of `buildRequest` besides the context and the candidate. */
export interface RequestParts {
  readonly destination: Destination;
  /** From `outboundHeaders`. */
  readonly headers: Record<string, string>;
  /** What `beforeAttempt` returned. */
  readonly change: AttemptChange | undefined;
  /** Assistant messages are sent with the reasoning of earlier responses. */
  readonly sendsReasoning: boolean;
  readonly clock: Clock;
}

/** An upstream request that is ready to be sent. */
export interface BuiltRequest {
  readonly request: UpstreamRequest;
  /** Reads the response; `undefined` if the format does not translate. */
  readonly exchange: Exchange | undefined;
}

/**
 * Builds the upstream request: body, URL, headers and, last, the credential. A signature is added later by `signed`.
 * @throws UnsupportedRequest if the format cannot express the request.
 */
export function buildRequest(context: RequestContext, candidate: PlannedCandidate, parts: RequestParts): BuiltRequest {
  const { destination, change } = parts;
  const { format } = candidate.endpoint.provider;
  const translated = format.exchange === undefined ? undefined : exchangeFor(context, candidate, parts);
  const body = translated === undefined ? bodyOf(context, candidate, parts) : encoded(translated.body);
  const url =
    translated === undefined ? addressOf(context, candidate, parts) : urlBehind(destination.url, translated.path);
  // The operator's headers take precedence over those of the format.
  const headers = translated?.headers === undefined ? parts.headers : { ...translated.headers, ...parts.headers };
  addHookHeaders(headers, change?.headers);
  headers['content-length'] = String(body.byteLength);
  destination.credential?.attach(headers, url);
  const pool = destination.callersKey ? poolOfCallers(destination.url, candidate) : '';
  // Proxy, certificates and unix socket belong to the provider's own address; a caller's address goes through the SSRF
  // guard only.
  const network = pool === GUARDED_POOL ? undefined : candidate.endpoint.provider.network;
  return { request: { url, headers, body, fresh: false, pool, network }, exchange: translated };
}

/** `request` with the headers of the signer; `undefined` if the attempt was cancelled. */
export async function signed(
  request: UpstreamRequest,
  signer: RequestSigner,
  limits: WaitLimits,
): Promise<UpstreamRequest | undefined> {
  const headers = await signer.sign(request, limits);
  return headers === undefined ? undefined : { ...request, headers: { ...request.headers, ...headers } };
}

function exchangeFor(context: RequestContext, candidate: PlannedCandidate, parts: RequestParts): Exchange | undefined {
  const { change, clock } = parts;
  const original = change?.request ?? context.request!;
  const own = upstreamRequest(original, candidate, context.route!.ownFields);
  const request = withExactSchemas(own, exactMembers(context, change?.request), candidate);
  if (change?.request !== undefined) request.model = changedModel(change.request, context, candidate);
  // Clients may send one request id with every request; ids of calls and messages must differ.
  return translate(request, candidate, { requestId: randomUUID(), now: Math.floor(clock.wallNow() / 1_000) });
}

/** Schemas are sent as they are, with bounds of 64-bit integers in them. A host's format gets plain numbers. */
function withExactSchemas(
  request: ChatRequest,
  exactMember: (member: string) => unknown,
  { endpoint }: PlannedCandidate,
): ChatRequest {
  if (!isOwnFormat(endpoint.provider.format)) return request;
  const exact = SCHEMA_MEMBERS.map((member) => [member, request[member] && exactMember(member)] as const);
  return { ...request, ...Object.fromEntries(exact.filter(([, value]) => value)) };
}

function exactMembers({ body }: RequestContext, changed: ChatRequest | undefined): (member: string) => unknown {
  if (changed === undefined) return (member) => body?.exactMember?.(member);
  const exact = KeptDigits.of(body)?.restoredIn(changed);
  return (member) => exact?.[member];
}

const SCHEMA_MEMBERS = ['tools', 'functions', 'response_format'];

/** The URL for a body in OpenAI's form. */
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

function bodyOf(context: RequestContext, candidate: PlannedCandidate, parts: RequestParts): Uint8Array {
  const route = context.route!;
  const changed = parts.change?.request;
  const given = changed ?? context.request!;
  const request = parts.sendsReasoning ? given : withoutReasoning(given);
  return changed === undefined
    ? bodyFor(request, context, route, candidate)
    : changedBody(request, context, route, candidate);
}

/**
 * Requests with a caller's key never share sockets with the operator's; those to a caller's own address are guarded.
 */
function poolOfCallers(url: UpstreamUrl, { endpoint }: PlannedCandidate): string {
  return url === endpoint.provider.url ? CALLERS_POOL : GUARDED_POOL;
}

/** @param request - that of the client, or the same with other messages */
function bodyFor(
  request: ChatRequest,
  context: RequestContext,
  route: ResolvedRoute,
  candidate: PlannedCandidate,
): Uint8Array {
  const { encodeRequest } = candidate.endpoint.provider.format;
  if (encodeRequest !== undefined) return encoded(encodeRequest(ownRequest(request, route, candidate)));
  const sent = marksAsTaken(request, candidate);
  const body = sent === context.request ? context.body! : changedOf(context.body!, sent);
  return body.bytesFor({ set: editsFor(request, candidate), remove: removedFields(route, candidate) });
}

/** `request` as the endpoint takes it: `promptCaching: false` sends no cache marks. */
function marksAsTaken(request: ChatRequest, { endpoint }: PlannedCandidate): ChatRequest {
  return endpoint.facts.traits['promptCaching'] === false ? withoutCacheMarks(request) : request;
}

function changedOf(body: RequestBody, request: ChatRequest): RequestBody {
  return new ChangedBody(
    body,
    request,
    Object.keys(body.request).filter((key) => request[key] !== body.request[key]),
  );
}

/** A request returned by `beforeAttempt` is sent unchanged, without the gateway's own fields. */
function changedBody(
  changed: ChatRequest,
  context: RequestContext,
  route: ResolvedRoute,
  candidate: PlannedCandidate,
): Uint8Array {
  const { encodeRequest } = candidate.endpoint.provider.format;
  const source = encodeRequest === undefined ? (KeptDigits.of(context.body)?.restoredIn(changed) ?? changed) : changed;
  const request = { ...ownRequest(source, route, candidate), model: changedModel(changed, context, candidate) };
  return encoded(encodeRequest?.(request) ?? request);
}

/** An unchanged model becomes the upstream's name for it; a model that the hook has set is sent as it is. */
function changedModel(changed: ChatRequest, context: RequestContext, { endpoint }: PlannedCandidate): string {
  return changed.model === context.request?.model ? endpoint.upstreamModel : (changed.model ?? endpoint.upstreamModel);
}

/** The request as an object, without the gateway's own fields. */
function ownRequest(request: ChatRequest, route: ResolvedRoute, candidate: PlannedCandidate): ChatRequest {
  const own = upstreamRequest(marksAsTaken(request, candidate), candidate, route.ownFields);
  if (own.stream === true && takesStreamOptions(candidate))
    own.stream_options = { ...own.stream_options, include_usage: true };
  return own;
}

function encoded(body: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(body));
}

const modelTexts = new WeakMap<Endpoint, Readonly<Record<string, string>>>();

/** `candidate` without `stream_options`, for a provider that refuses them. */
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
  // The gateway always asks for usage, to count tokens; the usage chunk is passed on only if the client requested it.
  return { ...edits, stream_options: JSON.stringify({ ...request.stream_options, include_usage: true }) };
}

function removedFields(route: ResolvedRoute, candidate: PlannedCandidate): ReadonlySet<string> {
  return candidate.drop.length === 0 ? route.ownFields : new Set([...route.ownFields, ...candidate.drop]);
}

function addHookHeaders(headers: Record<string, string>, added: Readonly<Record<string, string>> | undefined): void {
  if (added === undefined) return;
  for (const [name, value] of Object.entries(added)) {
    const key = name.toLowerCase();
    if (RESERVED_HEADERS.has(key)) throw new TypeError(`beforeAttempt must not set the header "${key}".`);
    // An invalid name or value is an error of the hook, so it throws here and not in the transport.
    validateHeaderName(key);
    validateHeaderValue(key, value);
    headers[key] = value;
  }
}
