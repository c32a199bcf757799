import type { ChatRequest } from '../../chat/types.js';
import { UnsupportedRequest } from '../../contracts/wire-format.js';
import { GatewayError } from '../../errors/gateway-error.js';
import { translate, upstreamRequest } from '../../request/translate.js';
import { excludedFor } from '../endpoint.js';
import { OWN_FIELDS, OWN_FIELDS_BUT_PREFERENCES } from '../preferences/preference-fields.js';
import type { Plan, RoutableCandidate, TranslatedPlan } from './plan.js';

type Planned = Pick<Plan, 'candidates' | 'excluded'>;

/** Placeholders: nothing is sent, so nothing depends on them. */
const NOT_SENT = { requestId: 'plan', now: 0 };

/**
 * `plan` after translating the request into its candidates' formats: candidates that cannot express it are excluded
 * with the reason `format`. A real request translates only for each attempt.
 * @throws GatewayError if no candidate is left, with the reason of the first
 */
export function translatedPlan(plan: Planned, request: ChatRequest): Planned & TranslatedPlan {
  const candidates: RoutableCandidate[] = [];
  const excluded = [...plan.excluded];
  let droppedParameters: readonly string[] | undefined;
  let refusal: UnsupportedRequest | undefined;
  for (const candidate of plan.candidates) {
    const dropped = droppedBy(candidate, request);
    if (dropped instanceof UnsupportedRequest) {
      refusal ??= dropped;
      excluded.push(excludedFor(candidate.endpoint, 'format'));
    } else {
      candidates.push(candidate);
      droppedParameters ??= dropped;
    }
  }
  if (candidates.length === 0 && refusal !== undefined)
    throw new GatewayError('unsupported_by_provider', refusal.message, { param: refusal.param, cause: refusal });
  return { candidates, excluded, droppedParameters: droppedParameters ?? [] };
}

/** Members and paths that are dropped for the candidate. */
function droppedBy(candidate: RoutableCandidate, request: ChatRequest): readonly string[] | UnsupportedRequest {
  const { format, forwardsPreferences } = candidate.endpoint.provider;
  if (format.exchange === undefined) return candidate.drop;
  const ownFields = forwardsPreferences === true ? OWN_FIELDS_BUT_PREFERENCES : OWN_FIELDS;
  try {
    const exchange = translate(upstreamRequest(request, candidate, ownFields), candidate, NOT_SENT);
    return [...new Set([...candidate.drop, ...(exchange?.dropped ?? [])])];
  } catch (error) {
    if (error instanceof UnsupportedRequest) return error;
    throw error;
  }
}
