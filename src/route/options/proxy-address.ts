import type { SecureContext } from 'node:tls';
import type { UpstreamProxy } from '../../contracts/network.js';
import { optionError } from '../../options/checks.js';
import { bareHost } from '../../util/bare-host.js';

/** The parsed address of a proxy. The credentials must never be shown. */
export interface ProxyAddress {
  readonly origin: string;
  readonly hostname: string;
  readonly port: number;
  readonly secure: boolean;
  readonly credentials: { readonly user: string; readonly password: string } | undefined;
}

/**
 * Reads `http://[user:password@]host[:port]`, or `https://` for TLS to the proxy.
 * @throws TypeError naming `option`. The address may contain a password, so it is never shown.
 */
export function readProxyAddress(option: string, value: unknown): ProxyAddress {
  const url = typeof value === 'string' ? URL.parse(value) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') {
    throw optionError(
      option,
      'must be the address of an HTTP proxy, "http://[user:password@]host:port" or https:// (SOCKS is not supported)',
    );
  }
  if ((url.pathname !== '/' && url.pathname !== '') || url.search !== '' || url.hash !== '') {
    throw optionError(option, 'must end after host and port, without a path, a query or a fragment');
  }
  const secure = url.protocol === 'https:';
  return {
    origin: url.origin,
    hostname: bareHost(url.hostname),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    secure,
    credentials: readCredentials(option, url),
  };
}

function readCredentials(option: string, { username, password }: URL): ProxyAddress['credentials'] {
  if (username === '' && password === '') return undefined;
  const user = decoded(option, username);
  if (user.includes(':'))
    throw optionError(option, 'must not have a ":" in its user name, which Basic authentication does not allow');
  return { user, password: decoded(option, password) };
}

function decoded(option: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw optionError(option, 'must write special characters of user and password as %xx, a "%" as %25');
  }
}

/** The proxy in the form that transports use. Its credentials are in a closure, so that no log shows them. */
export function upstreamProxy(
  { origin, hostname, port, secure, credentials }: ProxyAddress,
  secureContext: SecureContext | undefined,
): UpstreamProxy {
  const authorization =
    credentials === undefined
      ? undefined
      : `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}`;
  return Object.freeze({ origin, hostname, port, secure, secureContext, authorization: () => authorization });
}
