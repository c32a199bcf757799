import type { WireFormat } from '../../contracts/wire-format.js';
import type { FormatAuth, Signer } from '../../contracts/wire-format.js';
import type { ResolvedProvider, Timeouts } from '../../contracts/routing.js';
import { FORMAT_NAMES, resolveFormat } from './provider-format.js';
import { resolveAddress } from './base-url.js';
import { NETWORK, resolveNetwork } from './network-options.js';
import { anyMembers, hasControlCharacter, optionError, text } from '../../options/checks.js';
import { defineOptions, type Parsed, type RowsFor } from '../../options/group.js';
import { custom } from '../../options/row.js';
import { choice, deferred, flag, nested, word } from '../../options/rows.js';
import { TIMEOUTS } from '../../options/tables/timeouts.js';
import type { ProviderOptions } from '../../options/provider-types.js';
import { CONNECTION_HEADERS } from '../../http/connection-headers.js';
import { isRecord } from '../../util/json-object.js';

export const AUTH = defineOptions({
  path: 'providers.<key>.auth',
  rows: {
    header: custom('a header name', headerName, 'The header that carries the key.').required(),
    prefix: custom('a string', headerValue, 'Text before the key.').or('', 'none'),
  } satisfies RowsFor<Exclude<Extract<ProviderOptions['auth'], object>, Signer>>,
});

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});

/** Options of one entry of `providers`. */
export const PROVIDER = defineOptions({
  path: 'providers.<key>',
  rows: {
    name: word('Display name.').defaultsTo('the key in `providers`'),
    baseUrl: deferred(
      'a URL',
      "The URL before the format's path, which is `/chat/completions` for OpenAI's; `/v1` is never added. A query is kept.",
    ).defaultsTo("the URL of the format's own API, if it has one"),
    apiKey: custom(
      'a string, `() => string`',
      checkApiKey,
      "The operator's key, or a function that fetches it before each attempt.",
    ),
    auth: deferred(
      `\`'bearer'\`, \`'x-api-key'\`, \`'api-key'\`, ${AUTH.shape}, \`sigV4()\``,
      'How the key is sent, or a signer instead of a key.',
    ).defaultsTo("the format's, else `'bearer'`"),
    headers: custom('`{ [name]: value }`', checkHeaders, 'Sent with every request to this provider.').or(
      NO_HEADERS,
      'none',
    ),
    format: deferred(
      `${FORMAT_NAMES.map((name) => `\`'${name}'\``).join(', ')}, a \`WireFormat\``,
      "Wire format of the provider's API: a name for default options, or the result of `anthropic()` and the like.",
    ).defaultsTo("`'openai'`"),
    streamOptions: flag('The provider accepts `stream_options`, with which streams report their usage.').or(true),
    zdr: flag('The provider retains no data.').or(false),
    dataCollection: choice(
      ['allow', 'deny'],
      "`'deny'`: the provider stores no user data and does not train on it.",
    ).or('allow'),
    timeouts: nested(TIMEOUTS, 'Timeouts of this provider.').defaultsTo('those of the top level'),
    network: deferred(NETWORK.shape, 'Proxy, certificates or unix socket of connections to this provider.').defaultsTo(
      "direct, with Node's defaults",
    ),
    forwardPreferences: flag("Sends the request's `provider` object on, for an upstream that routes by it.").or(false),
    models: deferred(
      'a list of names, `{ [name]: endpoint \\| endpoints }`',
      'The models that the provider serves, at least one.',
    ).required(),
  } satisfies RowsFor<ProviderOptions>,
});

/** The provider of `providers[slug]`, without its models. */
export function resolveProvider(
  path: string,
  slug: string,
  given: Parsed<typeof PROVIDER.rows>,
  fallback: Timeouts,
): ResolvedProvider {
  const format = resolveFormat(`${path}.format`, given.format);
  const url = resolveAddress(`${path}.baseUrl`, baseUrlOf(`${path}.baseUrl`, given.baseUrl, format), format);
  return Object.freeze({
    slug,
    displayName: given.name ?? slug,
    url,
    network: resolveNetwork(`${path}.network`, given.network, url),
    apiKey: given.apiKey,
    ...resolveAuth(`${path}.auth`, given, format.auth),
    headers: given.headers,
    format,
    streamOptions: given.streamOptions,
    timeouts: resolveTimeouts(given.timeouts, fallback),
    forwardsPreferences: given.forwardPreferences,
  });
}

/** Formats whose own URL follows from an option of theirs. */
const URL_BY_OPTION: Readonly<Record<string, string>> = {
  bedrock: "bedrock({ region: 'us-east-1' })",
  azure: "azure({ resource: 'my-resource' })",
};

function baseUrlOf(option: string, given: unknown, { name, defaultBaseUrl }: WireFormat): unknown {
  const baseUrl = given ?? defaultBaseUrl;
  if (baseUrl !== undefined) return baseUrl;
  const source = URL_BY_OPTION[name];
  const hint = source === undefined ? '' : `, unless it is ${source}`;
  throw optionError(
    option,
    `must be a non-empty string: the format ${JSON.stringify(name)} has no URL of its own${hint}`,
  );
}

/** The options of one entry of `providers`, checked. @throws TypeError */
export function parseProvider(path: string, value: unknown): Parsed<typeof PROVIDER.rows> {
  const options = PROVIDER.parse(value, path);
  // An explicit `undefined` usually comes from `process.env` and a variable that is not set.
  if (Object.hasOwn(Object(value), 'apiKey') && Reflect.get(Object(value), 'apiKey') === undefined) {
    throw optionError(
      `${path}.apiKey`,
      'is undefined. Is its environment variable set? Leave apiKey out if the provider needs no key',
    );
  }
  return options;
}

/** `timeouts`, with missing members from `fallback`. */
export function resolveTimeouts(timeouts: Parsed<typeof TIMEOUTS.rows> | undefined, fallback: Timeouts): Timeouts {
  if (timeouts === undefined) return fallback;
  const { connectMs, headersMs, firstChunkMs, idleMs, totalMs } = timeouts;
  return Object.freeze({
    connectMs: connectMs ?? fallback.connectMs,
    headersMs: headersMs ?? fallback.headersMs,
    firstChunkMs: firstChunkMs ?? fallback.firstChunkMs,
    streamHeadMs: headersMs ?? fallback.streamHeadMs ?? fallback.headersMs,
    idleMs: idleMs ?? fallback.idleMs,
    totalMs: totalMs ?? fallback.totalMs,
  });
}

/** Errors never contain the key, not even an invalid one. */
function checkApiKey(path: string, value: unknown): NonNullable<ResolvedProvider['apiKey']> {
  if (isKeySource(value)) return value;
  if (typeof value !== 'string') throw optionError(path, 'must be a string or a function that returns one');
  if (value === '') throw optionError(path, 'is empty: leave it out if the provider needs no key, or set its variable');
  if (!PRINTABLE_ASCII.test(value)) throw optionError(path, 'must be printable ASCII without spaces or line ends');
  return value;
}

const PRINTABLE_ASCII = /^[\x21-\x7e]+$/;

function isKeySource(value: unknown): value is () => string | Promise<string> {
  return typeof value === 'function';
}

/** How a key is sent, and the signer instead of a key. Requests with a caller's own key are never signed. */
function resolveAuth(
  path: string,
  { auth, apiKey }: Pick<Parsed<typeof PROVIDER.rows>, 'auth' | 'apiKey'>,
  fallback: FormatAuth | undefined,
): Pick<ResolvedProvider, 'auth' | 'signer'> {
  if (!isSigner(auth)) return { auth: resolveHeaderAuth(path, auth ?? fallback), signer: undefined };
  if (apiKey !== undefined) throw optionError(path, 'signs requests instead of sending a key: leave apiKey out');
  return { auth: resolveHeaderAuth(path, fallback), signer: auth };
}

function isSigner(value: unknown): value is Signer {
  return isRecord(value) && typeof value['sign'] === 'function' && typeof value['secrets'] === 'function';
}

function resolveHeaderAuth(path: string, value: unknown): ResolvedProvider['auth'] {
  if (value === undefined || value === 'bearer') return BEARER;
  if (value === 'x-api-key' || value === 'api-key') return Object.freeze({ header: value, prefix: '' });
  if (!isRecord(value)) {
    throw optionError(path, 'must be "bearer", "x-api-key", "api-key", { header, prefix } or a signer', value);
  }
  return Object.freeze(AUTH.parse(value, path));
}

const BEARER = Object.freeze({ header: 'authorization', prefix: 'Bearer ' });

function checkHeaders(path: string, value: unknown): ResolvedProvider['headers'] {
  const headers: [string, string][] = Object.entries(anyMembers(path, value)).map(([name, entry]) => [
    headerName(`${path}.${name}`, name),
    headerValue(`${path}.${name}`, entry),
  ]);
  return Object.freeze(Object.fromEntries(headers));
}

/** A header name in lower case. Headers of the connection are refused. */
function headerName(path: string, value: unknown): string {
  const name = text(path, value).toLowerCase();
  if (!TOKEN.test(name) || name === '__proto__') throw optionError(path, 'must be a header name', value);
  if (RESERVED_HEADERS.has(name)) throw optionError(path, 'is set by the gateway itself and cannot be given');
  return name;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;

const RESERVED_HEADERS: ReadonlySet<string> = new Set([...CONNECTION_HEADERS, 'content-encoding']);

/** Header values may contain secrets, so errors do not show them. */
function headerValue(path: string, value: unknown): string {
  if (typeof value !== 'string') throw optionError(path, 'must be a string');
  if (hasControlCharacter(value)) throw optionError(path, 'must not contain control characters');
  if (!LATIN1.test(value)) throw optionError(path, 'must contain Latin-1 characters only');
  return value;
}

const LATIN1 = /^[\x20-\xff]*$/;
