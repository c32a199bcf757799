import { AwsV4Signer } from 'aws4fetch';
import type { Clock } from '../contracts/clock.js';
import type { SignableRequest, Signer } from '../contracts/wire-format.js';
import { systemClock } from '../util/clock.js';
import { optionError } from '../options/checks.js';
import { isRecord } from '../util/json-object.js';
import { defineOptions, type RowsFor } from '../options/group.js';
import { custom } from '../options/row.js';
import { internal, word } from '../options/rows.js';
import { CredentialsCache, type AwsCredentials, type AwsCredentialsSource } from './credentials.js';

/** Options of `sigV4()`. */
export interface SigV4Options {
  /**
   * AWS region: `us-east-1`.
   * @defaultValue the region in the host name of `baseUrl`
   */
  readonly region?: string | undefined;
  /** Service name of the signature. @defaultValue `'bedrock'` */
  readonly service?: string | undefined;
  /**
   * Credentials, or a function that fetches them, such as a credential provider of AWS's SDK. Its result is cached
   * until five minutes before its `expiration` (for five minutes without one), and requests that need it at the same
   * time share one call. A call that takes more than 30 seconds counts as failed.
   */
  readonly credentials: AwsCredentialsSource;
  /** @internal Time, for tests. */
  readonly clock?: Clock | undefined;
}

export const SIG_V4 = defineOptions({
  path: 'sigV4()',
  rows: {
    region: word('AWS region.').defaultsTo('the region in the host name of `baseUrl`'),
    service: word('The service that is signed for.').or('bedrock'),
    credentials: custom('AWS credentials, `() => credentials`', checkSource, 'What to sign with.').required(),
    clock: internal<Clock>(),
  } satisfies RowsFor<SigV4Options>,
});

function checkSource(path: string, value: unknown): AwsCredentialsSource {
  if (typeof value === 'function' || isRecord(value)) return value as AwsCredentialsSource;
  throw optionError(path, 'must be AWS credentials, or a function that fetches them');
}

/**
 * Signs requests with AWS Signature Version 4. Needs the package `aws4fetch`. If you have a Bedrock API key, set
 * `apiKey` instead: it is sent as a bearer token, and nothing is signed.
 *
 * @throws TypeError when an option is unknown or invalid.
 * @example
 * const auth = sigV4({ region: 'us-east-1', credentials: fromNodeProviderChain() });
 */
export function sigV4(options: SigV4Options): Signer {
  const { region, service, credentials: source, clock = systemClock } = SIG_V4.parse(options);
  const credentials = new CredentialsCache(source, clock);
  const keys = new SigningKeys();
  return Object.freeze<Signer>({
    async sign(request) {
      const known = await credentials.get();
      const regionOfRequest = region ?? regionOf(request.url);
      const cache = keys.cacheFor(known);
      return signedHeaders(request, known, { service, region: regionOfRequest, cache, now: clock.wallNow() });
    },
    secrets: () => credentials.secrets(),
  });
}

interface Scope {
  readonly service: string;
  readonly region: string;
  readonly cache: Map<string, ArrayBuffer>;
  /** Unix milliseconds. */
  readonly now: number;
}

/** Only `host` and the `x-amz-` headers are signed, because transports and proxies may change others. */
async function signedHeaders(
  { method, url, headers, body }: SignableRequest,
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
  { service, region, cache, now }: Scope,
): Promise<Readonly<Record<string, string>>> {
  const own = Object.entries(headers).filter(([name]) => isSigned(name.toLowerCase()));
  const signer = new AwsV4Signer({
    method,
    url: url.href,
    headers: own,
    body,
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    service,
    region,
    cache,
    datetime: new Date(now).toISOString().replaceAll(/[:-]|\.\d{3}/g, ''),
  });
  const { headers: signed } = await signer.sign();
  const added: Record<string, string> = {};
  for (const name of ['authorization', 'x-amz-date', 'x-amz-security-token']) {
    const value = signed.get(name);
    if (value !== null) added[name] = value;
  }
  return added;
}

function isSigned(name: string): boolean {
  return name.startsWith('x-amz-') && name !== 'x-amz-date' && name !== 'x-amz-security-token';
}

function regionOf({ hostname }: URL): string {
  const region = /\.([a-z]{2}(?:-[a-z]+)+-\d{1,2})\./.exec(hostname)?.[1];
  if (region === undefined) {
    throw new Error('sigV4(): the host name holds no AWS region. Set the option "region".');
  }
  return region;
}

/** Cached signing keys, which cost four hashes each. Other credentials start with an empty cache. */
class SigningKeys {
  #credentials: AwsCredentials | undefined;
  #cache = new Map<string, ArrayBuffer>();

  cacheFor(credentials: AwsCredentials): Map<string, ArrayBuffer> {
    if (credentials !== this.#credentials || this.#cache.size > MOST_KEYS) {
      this.#credentials = credentials;
      this.#cache = new Map();
    }
    return this.#cache;
  }
}

/** One key per day and region. */
const MOST_KEYS = 16;
