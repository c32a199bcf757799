import { hash } from 'node:crypto';
import canonicalJson from 'safe-stable-stringify';
import type { Endpoint } from '../contracts/routing.js';
import type { ChatRequest } from '../chat/types.js';
import { parseLossless } from '../json/lossless-parse.js';
import { JsonScanner } from '../json/scanner.js';
import type { JsonObject } from '../util/json-object.js';

/**
 * Members that are not part of the key: they change the form of the response, not its content.
 * All others are, unknown ones included: a list of members that count would soon be out of date.
 */
const NOT_IN_KEY: readonly string[] = ['stream', 'stream_options'];

/** Must change whenever keys or entries change their meaning, so that older ones in a shared store are not found. */
const VERSION = 'nordlys-1';

/** The tenant in keys of a cache for all callers. No caller's id gives this tenant. */
export const SHARED_TENANT = '*';

const PLAIN_ID = /^[\w.@-]{1,64}$/;

/** The tenant of a caller, the first part of keys: the caller's id, or its digest where it is long or unusual. */
export function tenantPart(callerId: string): string {
  return PLAIN_ID.test(callerId) ? callerId : `#${sha256(callerId)}`;
}

/**
 * The key of a tenant's request at an endpoint. It begins with the tenant, so that no tenant finds another one's
 * response, and contains the endpoint, so that a fallback's response is not served for the first choice.
 */
export function keyFor(tenant: string, endpoint: Endpoint, requestDigest: string): string {
  const { origin, path } = endpoint.provider.url;
  const target = [endpoint.slug, endpoint.model, endpoint.upstreamModel, origin, path];
  return `${tenant}:${sha256(JSON.stringify([VERSION, ...target, requestDigest]))}`;
}

/**
 * The digest of a request that guards have checked. It depends on their names and versions, so that responses that were
 * stored under other rules are not found.
 */
export function digestWithGuards(requestDigest: string, guardDigest: string): string {
  return guardDigest === '' ? requestDigest : `${requestDigest} ${guardDigest}`;
}

/** Received bytes and their digest. */
export interface ReceivedBytes {
  readonly bytes: Uint8Array;
  readonly digest: string;
}

/**
 * Larger bodies are identified by their bytes, not by sorted members (in bytes). Sorting one would block the event loop,
 * and large bodies usually contain images, which clients encode in the same way each time.
 */
const MAX_SORTED = 1024 * 1024;
/** The same for bodies with integers beyond the precision of numbers: parsing those exactly takes ten times as long. */
const MAX_SORTED_EXACTLY = 64 * 1024;

/**
 * The digest of a whole request. The order of its members does not matter.
 * @param received - the text of `request`, where there is one: it has digits beyond the precision of numbers
 */
export function digestOfRequest(request: ChatRequest, received: ReceivedBytes | undefined): string {
  if (received === undefined) return digestOfMembers(request);
  const { bytes, digest } = received;
  if (bytes.byteLength > MAX_SORTED) return digest;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  if (!LONG_INTEGER.test(text)) return digestOfMembers(request);
  return digestOfExactText(text, bytes) ?? digest;
}

/** The digest of a request without received bytes whose numbers have more digits than a JavaScript number. */
export function digestOfExactRequest(exact: ChatRequest): string {
  const text = JSON.stringify(exact);
  const bytes = Buffer.from(text);
  return digestOfExactText(text, bytes) ?? digestOfBytes(bytes);
}

/** `undefined`: too large. */
function digestOfExactText(text: string, bytes: Uint8Array): string | undefined {
  if (bytes.byteLength > MAX_SORTED_EXACTLY) return undefined;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { escapedKeys } = new JsonScanner(buffer);
  const request =
    escapedKeys.length === 0
      ? JSON.parse(text, exactInteger)
      : parseLossless(buffer, { longNumbers: [], escapedKeys }, exactInteger);
  return digestOfMembers(request as JsonObject);
}

/** The digest of received bytes. */
export function digestOfBytes(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'base64url');
}

function digestOfMembers(request: JsonObject): string {
  // Spread, unlike assignment, copies a member called `__proto__` as a member.
  const counted: Record<string, unknown> = { ...request };
  for (const name of NOT_IN_KEY) counted[name] = undefined;
  return sha256(canonicalJson(counted));
}

/** Integers with fewer digits are exact. */
const LONG_INTEGER = /[[:,\s]-?\d{16}/;

/** `JSON.parse` reads 9007199254740993 and …992 as the same number; as BigInts they differ. */
function exactInteger(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value;
}

function sha256(text: string): string {
  return hash('sha256', text, 'base64url');
}
