import type { UpstreamUrl } from '../../contracts/transport.js';
import { redact, shortened } from '../response/redact.js';
import type { UpstreamFailure } from '../upstream-failure.js';

/** Method and URL of an attempt, without the query, which may contain a key. */
export function describeRequest({ origin, path }: UpstreamUrl, secrets: readonly string[]): string {
  return `POST ${redact(origin + path.split('?', 1)[0]!, secrets)}`;
}

/**
 * What was received instead of a response, in short: `HTTP 404`, `ENOTFOUND: getaddrinfo ENOTFOUND api.exmaple.com`.
 * `undefined` if nothing was received, as after a timeout, or if the outcome alone shows it.
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

/** Failures that the host's own code has thrown: its messages may be confidential, so they are not recorded. */
const NOT_FROM_THE_NETWORK: ReadonlySet<UpstreamFailure['kind']> = new Set(['credential', 'host_code', 'unsupported']);

/** The reason within an OpenSSL message, which surrounds it with addresses and file names. */
function reasonIn(message: string): string {
  return /:SSL routines:[^:]*:([^:]+):/.exec(message)?.[1] ?? message.trim();
}
