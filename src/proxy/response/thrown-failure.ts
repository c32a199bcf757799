import { UnusableResponse, type WireFormat } from '../../contracts/wire-format.js';
import { isOwnFormat } from '../../formats/own-formats.js';
import { UpstreamFailure, type FailureKind } from '../upstream-failure.js';

/**
 * The failure of an attempt whose response could not be read because something threw. An `UnusableResponse`, and any
 * error of this package's own formats, is the upstream's fault. Any other error comes from the host's own code, such as
 * a guard in a decoder, and must not open the endpoint's circuit breaker.
 */
export function failureOfThrown(
  cause: unknown,
  format: WireFormat,
  kind: Extract<FailureKind, 'malformed' | 'malformed_event'> = 'malformed',
): UpstreamFailure {
  const isUnusable = cause instanceof UnusableResponse || isOwnFormat(format);
  return new UpstreamFailure(isUnusable ? kind : 'host_code', { cause });
}
