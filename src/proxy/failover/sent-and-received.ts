import type { UpstreamUrl } from '../../contracts/transport.js';
import { redact, shortened } from '../response/redact.js';
import type { UpstreamFailure } from '../upstream-failure.js';

/** Method and address of an attempt, without the query, which may hold a key. */
export function describeRequest({ origin, path }: UpstreamUrl, secrets: readonly string[]): string {
  return `POST ${redact(origin + path.split('?', 1)[0]!, secrets)}`;
}

/**
 * What came instead of a response, in a few words: `HTTP 404`, `ENOTFOUND: getaddrinfo ENOTFOUND api.exmaple.com`.
 * `undefined` where nothing came, as after a timeout, or where the outcome says it all.
 */
export function describeReceived(
  { status, error, kind }: UpstreamFailure,
  secrets: readonly string[],
): string | undefined {
  if (status !== undefined) return `HTTP ${status}`;
  const { cause } = error;
  if (!(cause instanceof Error) || NOT_FROM_THE_NETWORK.has(kind)) return undefined;
  const code: unknown = Reflect.get(cause, 'code');
  if (typeof code !== 'string') return undefined;
  return shortened(redact(`${code}: ${reasonIn(cause.message)}`, secrets));
}

/** Failures whose cause the host's own code has thrown: its words are not ours to pass on. */
const NOT_FROM_THE_NETWORK: ReadonlySet<UpstreamFailure['kind']> = new Set(['credential', 'host_code', 'unsupported']);

/** OpenSSL packs its reason between addresses and file names. */
function reasonIn(message: string): string {
  return /:SSL routines:[^:]*:([^:]+):/.exec(message)?.[1] ?? message.trim();
}
