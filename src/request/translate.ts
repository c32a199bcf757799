import type { ChatRequest } from '../chat/types.js';
import { UnsupportedRequest, type Exchange, type ExchangeContext } from '../contracts/wire-format.js';
import type { PlannedCandidate, ResolvedRoute } from './context.js';

/** `request` as it is sent upstream: with the upstream's name of the model, without the gateway's own fields. */
export function upstreamRequest(
  request: ChatRequest,
  { endpoint, drop }: PlannedCandidate,
  ownFields: ResolvedRoute['ownFields'],
): ChatRequest {
  const own: ChatRequest = { ...request, model: endpoint.upstreamModel };
  for (const field of ownFields) delete own[field];
  for (const field of drop) delete own[field];
  return own;
}

/**
 * The exchange that the candidate's format translates `request` to; `undefined` where the format translates nothing.
 * @param request - from `upstreamRequest`
 * @throws UnsupportedRequest when the format cannot express the request, or a member that the caller requires
 */
export function translate(
  request: ChatRequest,
  { endpoint, required }: PlannedCandidate,
  { requestId, now }: Pick<ExchangeContext, 'requestId' | 'now'>,
): Exchange | undefined {
  const { format } = endpoint.provider;
  if (format.exchange === undefined) return undefined;
  const name = request.model ?? endpoint.upstreamModel;
  const model = name === endpoint.upstreamModel ? endpoint.facts : { ...endpoint.facts, upstreamModel: name };
  const exchange = format.exchange(request, { model, stream: request.stream === true, requestId, now });
  const lost = required?.find((member) => exchange.dropped.includes(member));
  if (lost === undefined) return exchange;
  throw new UnsupportedRequest(
    lost,
    `The request requires '${lost}', which the format of the provider cannot express.`,
  );
}
