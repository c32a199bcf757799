import type { FormatAuth, Signer } from '../../contracts/wire-format.js';
import type { ResolvedProvider, Timeouts } from '../../contracts/routing.js';
import { resolveFormat } from './provider-format.js';
import { resolveAddress } from './base-url.js';
import { resolveNetwork } from './network-options.js';
import {
  anyMembers,
  hasControlCharacter,
  knownMembers,
  optionalBoolean,
  optionalMilliseconds,
  optionalText,
  optionError,
  text,
} from '../../options/checks.js';
import { isRecord } from '../../util/json-object.js';

const MEMBERS = [
  'name',
  'baseUrl',
  'apiKey',
  'auth',
  'headers',
  'format',
  'streamOptions',
  'zdr',
  'dataCollection',
  'timeouts',
  'network',
  'forwardPreferences',
  'models',
] as const;

/** What a provider waits for where neither it nor the top level says otherwise. */
export const DEFAULT_TIMEOUTS: Timeouts = Object.freeze({
  connectMs: 5_000,
  headersMs: 300_000,
  firstChunkMs: 60_000,
  // A reasoning model that shows signs of life may think for so long.
  streamHeadMs: 600_000,
  idleMs: 60_000,
  totalMs: undefined,
});

/** The provider that `providers[slug]` describes; its models are read elsewhere. */
export function resolveProvider(path: string, slug: string, options: unknown, fallback: Timeouts): ResolvedProvider {
  const members = knownMembers(path, options, MEMBERS);
  const format = resolveFormat(`${path}.format`, members['format']);
  const url = resolveAddress(`${path}.baseUrl`, members['baseUrl'] ?? format.defaultBaseUrl, format);
  return Object.freeze({
    slug,
    displayName: optionalText(`${path}.name`, members['name']) ?? slug,
    url,
    network: resolveNetwork(`${path}.network`, members['network'], url),
    apiKey: resolveApiKey(`${path}.apiKey`, members),
    ...resolveAuth(`${path}.auth`, members, format.auth),
    headers: resolveHeaders(`${path}.headers`, members['headers']),
    format,
    streamOptions: optionalBoolean(`${path}.streamOptions`, members['streamOptions']) ?? true,
    timeouts: resolveTimeouts(`${path}.timeouts`, members['timeouts'], fallback),
    forwardsPreferences: optionalBoolean(`${path}.forwardPreferences`, members['forwardPreferences']) ?? false,
  });
}

const TIMEOUTS = ['connectMs', 'headersMs', 'firstChunkMs', 'idleMs', 'totalMs'] as const;

/** `value` over `fallback`, member by member. */
export function resolveTimeouts(path: string, value: unknown, fallback: Timeouts): Timeouts {
  if (value === undefined || value === null) return fallback;
  const members = knownMembers(path, value, TIMEOUTS);
  const read = (name: (typeof TIMEOUTS)[number]) => optionalMilliseconds(`${path}.${name}`, members[name]);
  const headersMs = read('headersMs');
  return Object.freeze({
    connectMs: read('connectMs') ?? fallback.connectMs,
    headersMs: headersMs ?? fallback.headersMs,
    firstChunkMs: read('firstChunkMs') ?? fallback.firstChunkMs,
    streamHeadMs: headersMs ?? fallback.streamHeadMs ?? fallback.headersMs,
    idleMs: read('idleMs') ?? fallback.idleMs,
    totalMs: read('totalMs') ?? fallback.totalMs,
  });
}

/** Nothing of a key is ever shown, not even of a wrong one. */
function resolveApiKey(path: string, members: Readonly<Record<string, unknown>>): ResolvedProvider['apiKey'] {
  const value = members['apiKey'];
  if (value === undefined && Object.hasOwn(members, 'apiKey')) {
    throw optionError(
      path,
      'is given, and undefined. Is its environment variable set? Leave it out where the provider needs no key',
    );
  }
  if (value === undefined || value === null) return undefined;
  if (isKeySource(value)) return value;
  if (typeof value !== 'string') throw optionError(path, 'must be a string or a function that returns one');
  if (value === '')
    throw optionError(path, 'is empty: leave it out where the provider needs no key, or set its variable');
  if (!PRINTABLE_ASCII.test(value)) throw optionError(path, 'must be printable ASCII without spaces or line ends');
  return value;
}

const PRINTABLE_ASCII = /^[\x21-\x7e]+$/;

function isKeySource(value: unknown): value is () => string | Promise<string> {
  return typeof value === 'function';
}

/** How a key is sent, and the signer that takes its place. A caller's own key is never signed with. */
function resolveAuth(
  path: string,
  { auth, apiKey }: Readonly<Record<string, unknown>>,
  fallback: FormatAuth | undefined,
): Pick<ResolvedProvider, 'auth' | 'signer'> {
  if (!isSigner(auth)) return { auth: resolveHeaderAuth(path, auth ?? fallback), signer: undefined };
  if (apiKey !== undefined && apiKey !== null)
    throw optionError(path, 'signs requests, so that no key is sent: leave apiKey out');
  return { auth: resolveHeaderAuth(path, fallback), signer: auth };
}

function isSigner(value: unknown): value is Signer {
  return isRecord(value) && typeof value['sign'] === 'function' && typeof value['secrets'] === 'function';
}

function resolveHeaderAuth(path: string, value: unknown): ResolvedProvider['auth'] {
  if (value === undefined || value === null || value === 'bearer') return BEARER;
  if (value === 'x-api-key' || value === 'api-key') return Object.freeze({ header: value, prefix: '' });
  if (!isRecord(value)) {
    throw optionError(path, 'must be "bearer", "x-api-key", "api-key", { header, prefix } or a signer', value);
  }
  const members = knownMembers(path, value, ['header', 'prefix']);
  return Object.freeze({
    header: headerName(`${path}.header`, members['header']),
    prefix: members['prefix'] === undefined ? '' : headerValue(`${path}.prefix`, members['prefix']),
  });
}

const BEARER = Object.freeze({ header: 'authorization', prefix: 'Bearer ' });

function resolveHeaders(path: string, value: unknown): ResolvedProvider['headers'] {
  if (value === undefined || value === null) return NO_HEADERS;
  const headers: [string, string][] = Object.entries(anyMembers(path, value)).map(([name, entry]) => [
    headerName(`${path}.${name}`, name),
    headerValue(`${path}.${name}`, entry),
  ]);
  return Object.freeze(Object.fromEntries(headers));
}

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});

/** A header name in lower case. Names that belong to the connection itself are refused. */
function headerName(path: string, value: unknown): string {
  const name = text(path, value).toLowerCase();
  if (!TOKEN.test(name) || name === '__proto__') throw optionError(path, 'must be a header name', value);
  if (OF_THE_CONNECTION.has(name)) throw optionError(path, 'is set by the gateway itself and cannot be given');
  return name;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;

const OF_THE_CONNECTION = new Set([
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Header values may hold secrets, so a wrong one is not shown. */
function headerValue(path: string, value: unknown): string {
  if (typeof value !== 'string') throw optionError(path, 'must be a string');
  if (hasControlCharacter(value)) throw optionError(path, 'must not contain control characters');
  if (!LATIN1.test(value)) throw optionError(path, 'must hold Latin-1 characters only');
  return value;
}

const LATIN1 = /^[\x20-\xff]*$/;
