import type { Clock } from '../contracts/clock.js';
import { optionError } from '../options/checks.js';
import { isRecord } from '../util/json-object.js';

/** Credentials of AWS, in the form of its SDKs' credential providers. */
export interface AwsCredentials {
  /** Access key id. */
  readonly accessKeyId: string;
  /** Secret access key. */
  readonly secretAccessKey: string;
  /** Session token of temporary credentials. */
  readonly sessionToken?: string | undefined;
  /** When the credentials expire: a `Date`, or text that `Date` parses. */
  readonly expiration?: Date | string | undefined;
}

/** Credentials, or a function that fetches them. It is called again before they expire. */
export type AwsCredentialsSource = AwsCredentials | (() => AwsCredentials | Promise<AwsCredentials>);

/** Credentials are renewed this long before they expire, so that none expire while a request is in flight. */
const RENEW_BEFORE_MS = 5 * 60_000;
/** How long credentials without an expiry are used before the function is called again. */
const KEEP_WITHOUT_END_MS = 5 * 60_000;
/** A function that takes longer counts as failed, so that one pending call never blocks all later requests. */
const FETCH_TIMEOUT_MS = 30_000;

/** Checked credentials and their expiry. */
interface KnownCredentials {
  readonly value: AwsCredentials;
  /** Unix milliseconds from which new credentials are fetched. */
  readonly renewAt: number;
  /** Unix milliseconds after which the credentials are not used. */
  readonly endsAt: number;
}

/** Caches credentials until five minutes before they expire. Concurrent requests share one fetch. */
export class CredentialsCache {
  readonly #fetch: () => AwsCredentials | Promise<AwsCredentials>;
  readonly #clock: Clock;
  #known: KnownCredentials | undefined;
  #fetching: Promise<AwsCredentials> | undefined;
  /** Secrets of the current and of the previous credentials, which attempts in flight may still use. */
  #secrets: readonly string[] = [];

  constructor(source: AwsCredentialsSource, clock: Clock) {
    this.#clock = clock;
    if (typeof source === 'function') {
      this.#fetch = source;
      return;
    }
    const value = checkedCredentials(source, 'sigV4().credentials');
    this.#fetch = () => value;
    this.#secrets = secretsOf(value);
  }

  /** @throws what the function throws, or an error that names the invalid member. */
  async get(): Promise<AwsCredentials> {
    const known = this.#known;
    const now = this.#clock.wallNow();
    if (known !== undefined && now < known.renewAt) return known.value;
    try {
      return await (this.#fetching ??= this.#renew());
    } catch (error) {
      // The old credentials are valid until they expire, so a failed renewal is retried by the next request.
      if (known !== undefined && this.#clock.wallNow() < known.endsAt) return known.value;
      throw error;
    }
  }

  secrets(): readonly string[] {
    return this.#secrets;
  }

  async #renew(): Promise<AwsCredentials> {
    try {
      const value = checkedCredentials(await this.#fetchInTime(), 'credentials()');
      const endsAt = endOf(value);
      const now = this.#clock.wallNow();
      if (endsAt <= now) throw new Error('credentials() gave credentials that have expired.');
      const renewAt = Number.isFinite(endsAt) ? endsAt - RENEW_BEFORE_MS : now + KEEP_WITHOUT_END_MS;
      const previous = this.#known === undefined ? [] : secretsOf(this.#known.value);
      this.#secrets = [...new Set([...secretsOf(value), ...previous])];
      this.#known = { value, renewAt, endsAt };
      return value;
    } finally {
      this.#fetching = undefined;
    }
  }

  #fetchInTime(): Promise<AwsCredentials> {
    return new Promise((resolve, reject) => {
      const late = (): void => reject(new Error(`credentials() took longer than ${FETCH_TIMEOUT_MS} ms.`));
      const timer = this.#clock.setTimer(late, FETCH_TIMEOUT_MS);
      const fetched = (async () => this.#fetch())();
      fetched.then(resolve, reject).finally(() => timer.cancel());
    });
  }
}

/** @throws TypeError that names the member, without its value. */
function checkedCredentials(value: unknown, path: string): AwsCredentials {
  if (!isRecord(value)) throw optionError(path, 'must be an object with accessKeyId and secretAccessKey');
  for (const member of ['accessKeyId', 'secretAccessKey']) {
    if (!isHeaderText(value[member]))
      throw optionError(`${path}.${member}`, 'must be a non-empty string of visible characters');
  }
  const { sessionToken, expiration } = value;
  if (sessionToken !== undefined && sessionToken !== null && !isHeaderText(sessionToken)) {
    throw optionError(`${path}.sessionToken`, 'must be a non-empty string of visible characters');
  }
  if (Number.isNaN(timeOf(expiration)))
    throw optionError(`${path}.expiration`, 'must be a Date, or text that Date can read');
  return {
    accessKeyId: String(value['accessKeyId']),
    secretAccessKey: String(value['secretAccessKey']),
    ...(typeof sessionToken === 'string' ? { sessionToken } : {}),
    ...(expiration instanceof Date || typeof expiration === 'string' ? { expiration } : {}),
  };
}

function isHeaderText(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value);
}

function endOf({ expiration }: AwsCredentials): number {
  return timeOf(expiration);
}

/** Unix milliseconds; infinity without an expiry, NaN for an invalid time. */
function timeOf(expiration: unknown): number {
  if (expiration === undefined || expiration === null) return Number.POSITIVE_INFINITY;
  if (expiration instanceof Date) return expiration.getTime();
  return typeof expiration === 'string' ? Date.parse(expiration) : Number.NaN;
}

function secretsOf({ accessKeyId, secretAccessKey, sessionToken }: AwsCredentials): string[] {
  return sessionToken === undefined ? [secretAccessKey, accessKeyId] : [secretAccessKey, accessKeyId, sessionToken];
}
