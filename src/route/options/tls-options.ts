import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import tls from 'node:tls';
import { optionError } from '../../options/checks.js';

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

/**
 * The TLS members of `network`. Errors never contain keys or certificates.
 * @throws TypeError for an invalid certificate or key, and for a key that does not belong to the certificate
 */
export function readTlsSettings(path: string, members: Readonly<Record<string, unknown>>): TlsSettings {
  const verifies = members['rejectUnauthorized'];
  if (verifies !== undefined && verifies !== null && verifies !== true) {
    throw optionError(
      `${path}.rejectUnauthorized`,
      'cannot be turned off: any server could read keys and prompts. Set ca to the authority of the certificate',
    );
  }
  return {
    ca: readAuthorities(`${path}.ca`, members['ca']),
    client: readClientCertificate(path, members),
    servername: readServername(`${path}.servername`, members['servername']),
  };
}

/** Authorities and client certificate in Node's form; `undefined` if neither is set. */
export function secureContextOf({ ca, client }: Omit<TlsSettings, 'servername'>): tls.SecureContext | undefined {
  if (ca === undefined && client === undefined) return undefined;
  return tls.createSecureContext({
    ...(ca !== undefined && { ca: [...ca] }),
    ...(client !== undefined && { cert: client.cert, key: client.key }),
    ...(client?.passphrase !== undefined && { passphrase: client.passphrase }),
  });
}

function readAuthorities(path: string, value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) return [readCertificates(path, value)];
  if (value.length === 0) throw optionError(path, 'is an empty list: no certificate could be verified. Leave it out');
  return value.map((entry: unknown, index) => readCertificates(`${path}[${index}]`, entry));
}

function readClientCertificate(
  path: string,
  members: Readonly<Record<string, unknown>>,
): ClientCertificate | undefined {
  const has = (name: string): boolean => members[name] !== undefined && members[name] !== null;
  if (has('cert') !== has('key')) {
    const [given, missing] = has('cert') ? ['cert', 'key'] : ['key', 'cert'];
    throw optionError(`${path}.${given}`, `needs ${path}.${missing} as well: a client certificate consists of both`);
  }
  if (!has('cert')) {
    if (has('passphrase')) throw optionError(`${path}.passphrase`, `has no effect without ${path}.key`);
    return undefined;
  }
  const passphrase = has('passphrase') ? members['passphrase'] : undefined;
  if (passphrase !== undefined && typeof passphrase !== 'string') {
    throw optionError(`${path}.passphrase`, 'must be a string');
  }
  const cert = readCertificates(`${path}.cert`, members['cert']);
  const key = readPem(`${path}.key`, members['key'], 'PRIVATE KEY');
  if (!new X509Certificate(cert).checkPrivateKey(readKey(`${path}.key`, key, passphrase))) {
    throw optionError(`${path}.key`, `is not the key of the first certificate in ${path}.cert`);
  }
  return { cert, key, passphrase };
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
function readCertificates(path: string, value: unknown): string {
  const pem = readPem(path, value, 'CERTIFICATE');
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

function readPem(path: string, value: unknown, what: 'CERTIFICATE' | 'PRIVATE KEY'): string {
  const pem = value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value;
  if (typeof pem === 'string' && new RegExp(`-----BEGIN [A-Z ]*${what}-----`).test(pem)) return pem;
  throw optionError(
    path,
    `must be PEM (-----BEGIN ${what}-----) as a string or Buffer: the content of a file, not its path`,
  );
}

function readServername(path: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && HOST_NAME.test(value)) return value.toLowerCase();
  throw optionError(path, 'must be a host name such as "api.example.com"', value);
}

const HOST_NAME = /^(?=.{1,253}$)(?!\d+(?:\.\d+)*$)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62})*$/i;
