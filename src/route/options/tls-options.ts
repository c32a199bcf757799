import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import tls from 'node:tls';
import type { NetworkOptions } from '../../options/network.js';
import { optionError } from '../../options/checks.js';
import type { Parsed, RowsFor } from '../../options/group.js';
import { custom } from '../../options/row.js';

/** Authorities and client certificate of one provider, checked. */
export interface TlsSettings {
  /** PEM texts; `undefined`: Node's own authorities. */
  readonly ca: readonly string[] | undefined;
  readonly client: ClientCertificate | undefined;
  readonly servername: string | undefined;
}

interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
  readonly passphrase: string | undefined;
}

/** The TLS options of `network`. Errors never contain keys or certificates. */
export const TLS_ROWS = {
  ca: custom(
    'PEM, or a list of PEM',
    checkAuthorities,
    'Authorities that may sign the certificates of the upstream and of an `https://` proxy.',
  ).defaultsTo("Node's own"),
  cert: custom('PEM', checkCertificates, 'Client certificate for an upstream that asks for one (mTLS). Needs `key`.'),
  key: custom('PEM', (path, value) => checkPem(path, value, 'PRIVATE KEY'), 'Private key of `cert`.'),
  passphrase: custom('a string', checkPassphrase, 'Passphrase of an encrypted `key`.'),
  servername: custom(
    'a host name',
    checkServername,
    "Sent as SNI; the upstream's certificate must be for it.",
  ).defaultsTo('the host of `baseUrl`'),
  rejectUnauthorized: custom('`true`', checkVerifies, 'Certificates are always verified: `false` is refused.').or(true),
} satisfies RowsFor<Omit<NetworkOptions, 'proxy' | 'socketPath'>>;

/** Authorities and client certificate in Node's form; `undefined` if neither is set. */
export function secureContextOf({ ca, client }: Omit<TlsSettings, 'servername'>): tls.SecureContext | undefined {
  if (ca === undefined && client === undefined) return undefined;
  return tls.createSecureContext({
    ...(ca !== undefined && { ca: [...ca] }),
    ...(client !== undefined && { cert: client.cert, key: client.key }),
    ...(client?.passphrase !== undefined && { passphrase: client.passphrase }),
  });
}

/**
 * The client certificate of the TLS options of `network`.
 * @throws TypeError for a certificate without a key, a key without a certificate, and a key of another certificate
 */
export function clientCertificate(
  path: string,
  { cert, key, passphrase }: Pick<Parsed<typeof TLS_ROWS>, 'cert' | 'key' | 'passphrase'>,
): ClientCertificate | undefined {
  if (cert === undefined && key === undefined) {
    if (passphrase !== undefined) throw optionError(`${path}.passphrase`, `has no effect without ${path}.key`);
    return undefined;
  }
  if (cert === undefined || key === undefined) {
    const [given, missing] = cert === undefined ? ['key', 'cert'] : ['cert', 'key'];
    throw optionError(`${path}.${given}`, `needs ${path}.${missing} as well: a client certificate consists of both`);
  }
  if (!new X509Certificate(cert).checkPrivateKey(readKey(`${path}.key`, key, passphrase))) {
    throw optionError(`${path}.key`, `is not the key of the first certificate in ${path}.cert`);
  }
  return { cert, key, passphrase };
}

function checkVerifies(path: string, value: unknown): true {
  if (value === true) return value;
  throw optionError(
    path,
    'cannot be turned off: keys and prompts would go to whatever server responds. Give the authority of the certificate as ca',
  );
}

function checkAuthorities(path: string, value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [checkCertificates(path, value)];
  if (value.length === 0) throw optionError(path, 'is an empty list: no certificate could be verified. Leave it out');
  return value.map((entry: unknown, index) => checkCertificates(`${path}[${index}]`, entry));
}

function checkPassphrase(path: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw optionError(path, 'must be a string');
}

function readKey(path: string, key: string, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey({ key, format: 'pem', ...(passphrase !== undefined && { passphrase }) });
  } catch {
    throw optionError(
      path,
      `cannot be read: is the key complete, and the passphrase ${passphrase === undefined ? 'missing' : 'right'}?`,
    );
  }
}

/** PEM text of one or more certificates, each of which is checked. */
function checkCertificates(path: string, value: unknown): string {
  const pem = checkPem(path, value, 'CERTIFICATE');
  for (const block of pem.match(CERTIFICATES) ?? ['']) {
    try {
      void new X509Certificate(block);
    } catch {
      throw optionError(path, 'contains a certificate that cannot be read');
    }
  }
  return pem;
}

const CERTIFICATES = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

function checkPem(path: string, value: unknown, what: 'CERTIFICATE' | 'PRIVATE KEY'): string {
  const pem = value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value;
  if (typeof pem === 'string' && new RegExp(`-----BEGIN [A-Z ]*${what}-----`).test(pem)) return pem;
  throw optionError(
    path,
    `must be PEM (-----BEGIN ${what}-----) as a string or Buffer: the content of a file, not its path`,
  );
}

function checkServername(path: string, value: unknown): string {
  if (typeof value === 'string' && HOST_NAME.test(value)) return value.toLowerCase();
  throw optionError(path, 'must be a host name such as "api.example.com"', value);
}

const HOST_NAME = /^(?=.{1,253}$)(?!\d+(?:\.\d+)*$)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62})*$/i;
