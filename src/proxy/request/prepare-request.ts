import { UnsupportedRequest } from '../../contracts/wire-format.js';
import { GatewayError } from '../../errors/gateway-error.js';
import type { PlannedCandidate, RequestContext } from '../../request/context.js';
import type { WaitLimits } from '../../util/wait-for.js';
import { UpstreamFailure } from '../upstream-failure.js';
import { buildRequest, signed, type BuiltRequest, type RequestParts } from './build-request.js';
import type { RequestSigner } from './request-signer.js';

/** `undefined`: the attempt was cancelled while the signer ran. */
type Prepared = BuiltRequest | UpstreamFailure | undefined;

/**
 * The upstream request of an attempt, signed if its provider has a signer. A request that the format cannot express and
 * a signer that fails are failures of the attempt. Synchronous without a signer.
 */
export function prepareRequest(
  context: RequestContext,
  candidate: PlannedCandidate,
  parts: RequestParts,
  limits: () => WaitLimits,
): Prepared | Promise<Prepared> {
  try {
    const built = buildRequest(context, candidate, parts);
    const { signer } = parts.destination;
    return signer === undefined ? built : sign(built, signer, limits());
  } catch (error) {
    if (error instanceof UnsupportedRequest) return unsupported(error);
    throw error;
  }
}

async function sign({ request, exchange }: BuiltRequest, signer: RequestSigner, limits: WaitLimits): Promise<Prepared> {
  try {
    const sent = await signed(request, signer, limits);
    return sent && { request: sent, exchange };
  } catch (cause) {
    return new UpstreamFailure('credential', { cause });
  }
}

/** The failure of a request that the format cannot express: nothing was sent. */
function unsupported(cause: UnsupportedRequest): UpstreamFailure {
  const error = new GatewayError('unsupported_by_provider', cause.message, { param: cause.param, cause });
  return new UpstreamFailure('unsupported', { error });
}
