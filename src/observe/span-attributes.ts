import type { ChatRequest } from '../chat/types.js';
import type { AttemptRecord } from '../contracts/hooks.js';
import type { SpanAttributes } from '../contracts/observability.js';
import type { RequestContext, ResponseOutcome } from '../request/context.js';
import { usedTokens } from './gen-ai.js';
import { upstreamErrorFor } from './request-facts.js';
import type { ResponseWatch } from './response-watch.js';

/** Attributes of a request: numbers and names only, never its text. */
export function requestAttributes(request: ChatRequest | undefined): SpanAttributes {
  const attributes: SpanAttributes = {};
  if (request === undefined) return attributes;
  if (request.stream === true) attributes['gen_ai.request.stream'] = true;
  if (request.n !== 1) put(attributes, 'gen_ai.request.choice.count', request.n);
  put(attributes, 'gen_ai.request.max_tokens', request.max_completion_tokens ?? request.max_tokens);
  put(attributes, 'gen_ai.request.temperature', request.temperature);
  put(attributes, 'gen_ai.request.top_p', request.top_p);
  put(attributes, 'gen_ai.request.frequency_penalty', request.frequency_penalty);
  put(attributes, 'gen_ai.request.presence_penalty', request.presence_penalty);
  put(attributes, 'gen_ai.request.seed', request.seed);
  return attributes;
}

/** What the response to a call was, and what it used. */
export function putOutcome(attributes: SpanAttributes, { finishReason, usage, costUsd }: ResponseOutcome): void {
  if (finishReason !== undefined) attributes['gen_ai.response.finish_reasons'] = [finishReason];
  put(attributes, 'gen_ai.usage.input_tokens', usage?.prompt_tokens);
  put(attributes, 'gen_ai.usage.output_tokens', usage?.completion_tokens);
  put(attributes, 'gen_ai.usage.cache_read.input_tokens', usage?.prompt_tokens_details?.cached_tokens);
  put(attributes, 'gen_ai.usage.reasoning.output_tokens', usage?.completion_tokens_details?.reasoning_tokens);
  put(attributes, 'nordlys.cost_usd', costUsd);
}

/** Attributes of a request that came with v0.1.0 of the conventions. */
export function currentRequestAttributes(context: RequestContext): SpanAttributes {
  const attributes: SpanAttributes = {};
  put(attributes, 'gen_ai.request.reasoning.level', shortText(context.request?.reasoning_effort));
  put(attributes, 'gen_ai.request.previous_response.id', shortText(context.request?.['previous_response_id']));
  put(attributes, 'gen_ai.conversation.id', conversationId(context));
  return attributes;
}

/** Attributes of a response that came with v0.1.0 of the conventions. */
export function putCurrentResponse(
  attributes: SpanAttributes,
  { usage }: ResponseOutcome,
  response: ReturnType<ResponseWatch['of']>,
): void {
  put(attributes, 'gen_ai.response.id', response?.responseId);
  put(attributes, 'gen_ai.response.model', response?.responseModel);
  const { cacheWrite = 0 } = usedTokens(usage) ?? {};
  if (cacheWrite > 0) attributes['gen_ai.usage.cache_write.input_tokens'] = cacheWrite;
}

/** The session that the client named: the same that keeps a conversation at one endpoint. */
export function conversationId({ req, request }: RequestContext): string | undefined {
  return shortText(request?.['session_id']) ?? shortText(req.headers['x-session-id']);
}

/** Longer texts are not ids or levels, so they are not exported. */
function shortText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= 256 ? value : undefined;
}

/** The error that the upstream itself reported. */
export function putUpstreamError(attributes: SpanAttributes, attempt: AttemptRecord): void {
  const error = upstreamErrorFor(attempt);
  if (error === undefined) return;
  put(attributes, 'nordlys.upstream_error.status', error.status);
  put(attributes, 'nordlys.upstream_error.type', error.type);
  put(attributes, 'nordlys.upstream_error.code', error.code);
  put(attributes, 'nordlys.upstream_error.message', error.message);
}

/** Sets the attribute where there is a value. */
export function put(attributes: SpanAttributes, name: string, value: unknown): void {
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') attributes[name] = value;
}

/** Milliseconds as the conventions want them. */
export function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1_000;
}
