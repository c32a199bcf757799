import type { UpstreamUrl } from '../../contracts/transport.js';
import type { ResolvedProvider } from '../../contracts/routing.js';
import type { ProviderOverride } from '../../request/context.js';
import { waitFor, type WaitLimits } from '../../util/wait-for.js';
import { Credential } from './credential.js';
import { RequestSigner } from './request-signer.js';

/** Address of an upstream call, and the credential for it. */
export interface Destination {
  readonly url: UpstreamUrl;
  readonly credential: Credential | undefined;
  /** Used instead of a credential. */
  readonly signer?: RequestSigner | undefined;
  /** The credential came with the request. */
  readonly callersKey: boolean;
}

/**
 * Pairs the address of a candidate with the key that belongs to it. No other code combines the two.
 * `undefined`: the attempt was cancelled. @throws what the host's `apiKey()` throws, or Error when it takes too long.
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
  // Without the caller's own key the address is the operator's, whatever the override contains.
  if (typeof provider.apiKey !== 'function') return operatorDestination(provider, provider.apiKey);
  const key = await waitFor(provider.apiKey, limits);
  if (key.kind === 'timed-out') throw new Error('apiKey() took too long.');
  return key.kind === 'aborted' ? undefined : operatorDestination(provider, key.value);
}

/**
 * Without a configured `apiKey` no credential is sent. An `apiKey()` result that is not a valid header value fails the
 * attempt.
 */
function operatorDestination({ url, auth, apiKey, signer }: ResolvedProvider, key: unknown): Destination {
  if (signer !== undefined)
    return { url, credential: undefined, signer: new RequestSigner(signer, url.origin), callersKey: false };
  if (apiKey === undefined || key === '') return { url, credential: undefined, callersKey: false };
  if (typeof key !== 'string' || !HEADER_VALUE.test(key))
    throw new TypeError('apiKey() must return a string of printable ASCII characters.');
  return { url, credential: new Credential(key, url.origin, auth), callersKey: false };
}

const HEADER_VALUE = /^[\x20-\x7e]+$/;

const configuredSecrets = new WeakMap<ResolvedProvider, readonly string[]>();

/**
 * Texts of a call that must never reach a client: the key, configured headers, the URL's query, secrets of the network.
 */
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
