import { UnusableResponse, type WireFormat } from '../../contracts/wire-format.js';
import { isOwnFormat } from '../../formats/own-formats.js';
import { UpstreamFailure, type FailureKind } from '../upstream-failure.js';

/**
 * The failure of an attempt while whose response something threw. Only what says so, or comes from a format of this
 * package, counts as an unusable response; anything else is a bug or a veto of the host's own code, such as a guard in a
 * decoder, and must not open the provider's breaker.
 */
export function failureOfThrown(
  cause: unknown,
  format: WireFormat,
  kind: Extract<FailureKind, 'malformed' | 'malformed_event'> = 'malformed',
): UpstreamFailure {
  const isUnusable = cause instanceof UnusableResponse || isOwnFormat(format);
  return new UpstreamFailure(isUnusable ? kind : 'host_code', { cause });
}
