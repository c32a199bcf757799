import type { ChatRequest } from '../chat/types.js';
import type { ProviderOverride } from '../request/context.js';
import type { ResolvedProvider } from '../contracts/routing.js';
import type { UpstreamUrl } from '../contracts/transport.js';
import type { WireFormat } from '../contracts/wire-format.js';
import { GatewayError } from '../errors/gateway-error.js';
import { formatValue } from '../options/checks.js';
import { fault, onlyKnown, wrongType } from './preferences/preference-values.js';
import { fixedPath, withoutOverlap } from './options/base-url.js';
import type { OverridePolicy, RouteTable } from './registry.js';
import { didYouMean } from '../options/suggest.js';
import { isRecord } from '../util/json-object.js';

/**
 * The overrides in the request's `provider_configs`, by provider slug; `undefined`: none. Names are case-insensitive;
 * `null` and `""` mean "not set". Errors never contain the values.
 * @throws GatewayError naming the invalid member
 */
export function readOverrides(
  request: ChatRequest,
  table: RouteTable,
  policy: OverridePolicy,
): ReadonlyMap<string, ProviderOverride> | undefined {
  const configs: unknown = request.provider_configs;
  if (configs === undefined || configs === null) return undefined;
  if (!isRecord(configs)) throw wrongType('provider_configs', 'an object');
  const overrides = new Map<string, ProviderOverride>();
  const seen = new Set<string>();
  for (const [name, config] of Object.entries(configs)) {
    const path = `provider_configs.${formatValue(name).slice(1, -1)}`;
    const provider = providerOf(name, path, table);
    if (seen.has(provider.slug)) throw fault('invalid_value', path, 'this provider is named twice.');
    seen.add(provider.slug);
    const override = readConfig(config, path, provider, policy);
    if (override !== undefined) overrides.set(provider.slug, override);
  }
  return overrides.size === 0 ? undefined : overrides;
}

function providerOf(name: string, path: string, table: RouteTable): ResolvedProvider {
  const slug = table.providerNames.get(name.toLowerCase());
  const provider = slug === undefined ? undefined : table.providers.get(slug);
  if (provider !== undefined) return provider;
  throw fault('invalid_value', path, `no such provider is configured.${didYouMean(name, table.providerNames.keys())}`);
}

function readConfig(
  config: unknown,
  path: string,
  provider: ResolvedProvider,
  policy: OverridePolicy,
): ProviderOverride | undefined {
  if (config === null || config === undefined) return undefined;
  if (!isRecord(config)) throw wrongType(path, 'an object');
  onlyKnown(config, path, ['api_key', 'base_url', 'endpoint_overrides']);
  const apiKey = readApiKey(config['api_key'], `${path}.api_key`);
  const endpoint = readEndpointOverrides(config['endpoint_overrides'], `${path}.endpoint_overrides`);
  // The endpoint's address takes precedence over the provider's; both must be allowed.
  const addresses = [endpoint?.address, readAddress(config['base_url'], `${path}.base_url`)].filter(
    (address) => address !== undefined,
  );
  if (!policy.apiKeys && (apiKey !== undefined || addresses.length > 0)) throw disabled(path);
  const [url] = addresses.map((address) => allowedUrl(address, provider, policy));
  if (url !== undefined && apiKey === undefined) throw keyRequired(addresses[0]?.path ?? path);
  const timeoutMs = endpoint?.timeoutMs;
  if (apiKey === undefined && timeoutMs === undefined) return undefined;
  return Object.freeze({ apiKey, url, timeoutMs: limitedTimeout(timeoutMs, provider) });
}

/** A caller may shorten the operator's timeout, but not extend it. */
function limitedTimeout(timeoutMs: number | undefined, { timeouts }: ResolvedProvider): number | undefined {
  return timeoutMs === undefined ? undefined : Math.min(timeoutMs, timeouts.totalMs ?? Infinity);
}

interface Address {
  readonly path: string;
  readonly text: string;
}

interface EndpointOverride {
  readonly address: Address | undefined;
  readonly timeoutMs: number | undefined;
}

/** Only `chat_completions` is used; the members of other endpoints are checked as well. */
function readEndpointOverrides(value: unknown, path: string): EndpointOverride | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value)) throw wrongType(path, 'an object');
  let chatCompletions: EndpointOverride | undefined;
  for (const [name, entry] of Object.entries(value)) {
    const override = readEndpointOverride(entry, `${path}.${formatValue(name).slice(1, -1)}`);
    if (name === 'chat_completions') chatCompletions = override;
  }
  return chatCompletions;
}

function readEndpointOverride(value: unknown, path: string): EndpointOverride | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value)) throw wrongType(path, 'an object');
  onlyKnown(value, path, ['base_url', 'timeout']);
  return {
    address: readAddress(value['base_url'], `${path}.base_url`),
    timeoutMs: readTimeout(value['timeout'], `${path}.timeout`),
  };
}

function readAddress(value: unknown, path: string): Address | undefined {
  const text = optionalString(value, path);
  return text === undefined ? undefined : { path, text };
}

function optionalString(value: unknown, path: string): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw wrongType(path, 'a string');
  return value;
}

function readApiKey(value: unknown, path: string): string | undefined {
  const key = optionalString(value, path);
  if (key === undefined || API_KEY.test(key)) return key;
  throw fault('invalid_value', path, 'a key is 1 to 512 printable ASCII characters without spaces.');
}

const API_KEY = /^[\x21-\x7e]{1,512}$/;

const MAX_TIMEOUT_MS = 600_000;

function readTimeout(value: unknown, path: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value)) throw wrongType(path, 'a whole number of milliseconds');
  if (value < 1) throw fault('integer_below_min_value', path, 'it must be 1 millisecond or more.');
  if (value > MAX_TIMEOUT_MS) {
    throw fault('integer_above_max_value', path, `it must be ${MAX_TIMEOUT_MS} milliseconds or less.`);
  }
  return value;
}

/** All refused addresses get the same message, so that a caller cannot find out what exists in the network. */
function allowedUrl({ path, text }: Address, provider: ResolvedProvider, policy: OverridePolicy): UpstreamUrl {
  const url = addressAt(policy.origins, text, provider.format);
  if (url !== undefined) return url;
  throw new GatewayError('base_url_not_allowed', `'${path}' is not an address that this gateway may call.`, {
    param: path,
  });
}

function addressAt(origins: OverridePolicy['origins'], text: string, format: WireFormat): UpstreamUrl | undefined {
  const path = fixedPath(format);
  const url = origins.urlFor(text, path ?? '');
  return url === undefined || path !== undefined ? url : { ...url, path: withoutOverlap(url.path, format.path) };
}

function keyRequired(path: string): GatewayError {
  const message = `'${path}' needs an 'api_key' as well: the gateway's own key is only sent to the provider's own address.`;
  return new GatewayError('key_required_for_base_url', message, { param: path });
}

function disabled(path: string): GatewayError {
  return new GatewayError('provider_configs_disabled', 'This gateway does not accept credentials of callers.', {
    param: path,
  });
}

/** The request for hooks and logs, with API keys redacted. */
export function withoutKeys(request: ChatRequest): ChatRequest {
  const configs = request.provider_configs;
  if (!isRecord(configs)) return request;
  const shownConfigs = Object.entries(configs).map(([name, config]) => [
    name,
    isRecord(config) && config['api_key'] !== undefined ? { ...config, api_key: '[redacted]' } : config,
  ]);
  return { ...request, provider_configs: Object.fromEntries(shownConfigs) as typeof configs };
}
