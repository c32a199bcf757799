import { createHmac, randomBytes } from 'node:crypto';
import { isAbsolute } from 'node:path';
import type { UpstreamNetwork } from '../../contracts/network.js';
import type { UpstreamUrl } from '../../contracts/transport.js';
import type { NetworkOptions } from '../../options/network.js';
import { hasControlCharacter, optionError } from '../../options/checks.js';
import { defineOptions, type RowsFor } from '../../options/group.js';
import { custom } from '../../options/row.js';
import { envProxyFor, usesEnvProxy, type ProcessSettings } from './env-proxy.js';
import { readProxyAddress, upstreamProxy, type ProxyAddress } from './proxy-address.js';
import { clientCertificate, secureContextOf, TLS_ROWS, type TlsSettings } from './tls-options.js';

export const NETWORK = defineOptions({
  path: 'providers.<key>.network',
  rows: {
    proxy: custom(
      "a URL, `'env'`, `false`",
      checkProxy,
      "HTTP proxy that connections are tunnelled through; `'env'`: as `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` set it.",
    ).defaultsTo("`'env'` if Node runs with `--use-env-proxy`, else `false`"),
    socketPath: custom('an absolute path', checkSocketPath, 'Unix socket to connect to.'),
    ...TLS_ROWS,
  } satisfies RowsFor<NetworkOptions>,
});

interface NetworkSettings {
  readonly tls: TlsSettings;
  readonly proxy: ProxyAddress | undefined;
  readonly socketPath: string | undefined;
}

/**
 * The network of the provider at `url`; `undefined`: connections are opened directly, with Node's defaults.
 * Certificates are parsed here once, and not for each connection.
 * @throws TypeError naming the invalid member, without credentials, keys and passphrases
 */
export function resolveNetwork(
  path: string,
  value: unknown,
  url: UpstreamUrl,
  settings: ProcessSettings = process,
): UpstreamNetwork | undefined {
  const { proxy: given, socketPath, ...ofTls } = NETWORK.parse(value ?? {}, path);
  const tls: TlsSettings = { ca: ofTls.ca, client: clientCertificate(path, ofTls), servername: ofTls.servername };
  if (socketPath !== undefined && given !== undefined && given !== false) {
    throw optionError(`${path}.proxy`, `cannot be combined with ${path}.socketPath: a unix socket is local`);
  }
  const proxy = socketPath === undefined ? proxyOf(given, url, settings) : undefined;
  refuseUnusedTls(path, tls, url, proxy);
  if (socketPath === undefined && proxy === undefined && !hasTls(tls)) return undefined;
  return networkOf({ socketPath, proxy, tls });
}

function networkOf(settings: NetworkSettings): UpstreamNetwork {
  const { socketPath, proxy, tls } = settings;
  // The client certificate is for the upstream; the proxy does not get it.
  const ofProxy = proxy?.secure === true ? secureContextOf({ ca: tls.ca, client: undefined }) : undefined;
  const secrets = secretsOf(settings);
  return Object.freeze({
    id: identify(settings),
    socketPath,
    proxy: proxy && upstreamProxy(proxy, ofProxy),
    secureContext: secureContextOf(tls),
    servername: tls.servername,
    secrets: () => secrets,
  });
}

function secretsOf({ proxy, tls }: NetworkSettings): readonly string[] {
  const { credentials } = proxy ?? {};
  // The pair is a secret of its own, because `Proxy-Authorization` contains its base64.
  const ofProxy = credentials && [`${credentials.user}:${credentials.password}`, credentials.password];
  const { key, passphrase } = tls.client ?? {};
  return [...(ofProxy ?? []), passphrase ?? '', key ?? ''].filter((secret) => secret !== '');
}

/** Key of this process: ids are the same for the same settings, but do not allow to guess a password. */
const ID_KEY = randomBytes(32);

function identify(settings: NetworkSettings): string {
  return createHmac('sha256', ID_KEY).update(JSON.stringify(settings)).digest('base64url').slice(0, 22);
}

function checkProxy(path: string, value: unknown): ProxyAddress | 'env' | false {
  return value === false || value === 'env' ? value : readProxyAddress(path, value);
}

function proxyOf(
  given: ProxyAddress | 'env' | false | undefined,
  url: UpstreamUrl,
  settings: ProcessSettings,
): ProxyAddress | undefined {
  if (given === false) return undefined;
  if (given !== undefined && given !== 'env') return given;
  if (given !== 'env' && !usesEnvProxy(settings)) return undefined;
  const fromEnv = envProxyFor(url, settings);
  return fromEnv && readProxyAddress(`${fromEnv.variable} (environment variable)`, fromEnv.address);
}

function checkSocketPath(path: string, value: unknown): string {
  const isPath = typeof value === 'string' && !hasControlCharacter(value) && isAbsolute(value);
  if (!isPath) throw optionError(path, 'must be the absolute path of a unix socket, such as "/run/llm.sock"', value);
  if (Buffer.byteLength(value) > MAX_SOCKET_PATH) {
    throw optionError(path, `must be at most ${MAX_SOCKET_PATH} bytes long, the limit of operating systems`, value);
  }
  return value;
}

const MAX_SOCKET_PATH = 107;

/** An operator who sets a certificate expects TLS, so it must not be ignored on a connection without TLS. */
function refuseUnusedTls(
  path: string,
  tls: TlsSettings,
  { protocol }: UpstreamUrl,
  proxy: ProxyAddress | undefined,
): void {
  if (protocol === 'https:') return;
  const ofUpstream = tls.client !== undefined ? 'cert' : tls.servername !== undefined ? 'servername' : undefined;
  const unused = ofUpstream ?? (tls.ca !== undefined && proxy?.secure !== true ? 'ca' : undefined);
  if (unused !== undefined)
    throw optionError(`${path}.${unused}`, 'has no effect: baseUrl begins with http://, without TLS');
}

function hasTls({ ca, client, servername }: TlsSettings): boolean {
  return ca !== undefined || client !== undefined || servername !== undefined;
}
