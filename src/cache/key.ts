import { hash } from 'node:crypto';
import canonicalJson from 'safe-stable-stringify';
import type { Endpoint } from '../contracts/routing.js';
import type { ChatRequest } from '../chat/types.js';

/**
 * Members of a request that do not count: they say in which form the answer comes, not what it says.
 * Everything else does, members that nobody here knows included: a list of what counts would be out of date at once.
 */
const NOT_IN_KEY: readonly string[] = ['stream', 'stream_options'];

/** Changes whenever keys or entries change their meaning, so that old ones in a shared store are not found. */
const VERSION = 'nordlys-1';

/** The part of all keys where one cache serves all callers. No tenant has it. */
export const SHARED_TENANT = '*';

const PLAIN_ID = /^[\w.@-]{1,64}$/;

/** A caller's id as it stands at the front of keys: as it is, or its digest where it is long or unusual. */
export function tenantPart(callerId: string): string {
  return PLAIN_ID.test(callerId) ? callerId : `#${sha256(callerId)}`;
}

/**
 * Same tenant, same request, same endpoint: same key. The tenant comes first, so that no tenant ever finds
 * another's answer; the endpoint is part of it, so that a fallback's answer is not taken for the first choice's.
 */
export function keyFor(tenant: string, endpoint: Endpoint, requestDigest: string): string {
  const { origin, path } = endpoint.provider.url;
  const target = [endpoint.slug, endpoint.model, endpoint.upstreamModel, origin, path];
  return `${tenant}:${sha256(JSON.stringify([VERSION, ...target, requestDigest]))}`;
}

/**
 * The digest of a request that guards have checked: other guards, other versions, other digest, so that a response which
 * was stored under other rules is not found.
 */
export function digestWithGuards(requestDigest: string, guardDigest: string): string {
  return guardDigest === '' ? requestDigest : `${requestDigest} ${guardDigest}`;
}

/** Bytes as they came, and their digest. */
export interface ReceivedBytes {
  readonly bytes: Uint8Array;
  readonly digest: string;
}

/**
 * Larger bodies are known by their bytes, in bytes: to sort one would hold up everybody else, and what makes bodies
 * large is pictures, which nobody writes in two ways.
 */
const MAX_SORTED = 1024 * 1024;
/** The same for bodies with integers that numbers cannot hold: reading those exactly takes ten times as long. */
const MAX_SORTED_EXACTLY = 64 * 1024;

/**
 * What is asked, as a digest: of the whole request, in whatever order its members stand.
 * @param received - The text that means `request`, where there is one: it has digits that numbers cannot hold.
 */
export function digestOfRequest(request: ChatRequest, received: ReceivedBytes | undefined): string {
  if (received === undefined) return digestOfMembers(request);
  const { bytes, digest } = received;
  if (bytes.byteLength > MAX_SORTED) return digest;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  if (!LONG_INTEGER.test(text)) return digestOfMembers(request);
  return bytes.byteLength > MAX_SORTED_EXACTLY ? digest : digestOfMembers(JSON.parse(text, exactInteger));
}

/** The digest of bytes as they came. */
export function digestOfBytes(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'base64url');
}

function digestOfMembers(request: Record<string, unknown>): string {
  // Spread, unlike assignment, takes a member called `__proto__` for a member.
  const counted: Record<string, unknown> = { ...request };
  for (const name of NOT_IN_KEY) counted[name] = undefined;
  return sha256(canonicalJson(counted));
}

/** Fewer digits are always held exactly. */
const LONG_INTEGER = /[[:,\s]-?\d{16}/;

/** `JSON.parse` makes 9007199254740993 and …992 the same number; as BigInts they stay two. */
function exactInteger(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value;
}

function sha256(text: string): string {
  return hash('sha256', text, 'base64url');
}
