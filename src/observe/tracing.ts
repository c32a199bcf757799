import { getContext, type ResponseOutcome, type RequestContext } from '../request/context.js';
import type { AttemptRecord, Hooks } from '../contracts/hooks.js';
import type { Span, SpanAttributes, Tracer } from '../contracts/observability.js';
import type { Endpoint } from '../contracts/routing.js';
import type { ChatRequest } from '../chat/types.js';
import type { GatewayError } from '../errors/gateway-error.js';
import type { Observer } from '../request/hooks.js';
import { clientStatus, upstreamErrorFor } from './request-facts.js';
import { endpointAttributes } from './gen-ai.js';

// OpenTelemetry's SpanKind and SpanStatusCode.
const INTERNAL = 0;
const CLIENT = 2;
const FAILED = 2;

/**
 * One span per request, within the host's own, and one child per upstream call. Usage stands on the call that caused
 * it and nowhere else, so that sums over spans are right. Nothing of prompts and answers is ever an attribute.
 */
export class Tracing implements Observer {
  readonly #tracer: Tracer;
  readonly #requests = new WeakMap<RequestContext, Span>();
  readonly #attempts = new WeakMap<AttemptRecord, Span>();

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  /** Runs `work` with the request's span active: spans that hooks start are its children. */
  readonly scope = <T>(context: RequestContext, work: () => T): T => {
    const options = {
      kind: INTERNAL,
      attributes: { 'gen_ai.operation.name': 'chat', 'nordlys.request_id': context.requestId },
    };
    let isBegun = false;
    try {
      return this.#tracer.startActiveSpan('chat', options, (span) => {
        isBegun = true;
        this.#requests.set(context, span);
        return work();
      });
    } catch (error) {
      // A tracer that fails costs a span, never an answer.
      if (isBegun) throw error;
      return work();
    }
  };

  attemptBegan({ request, route }: RequestContext, endpoint: Endpoint, attempt: AttemptRecord): void {
    const url = route?.overrides?.get(endpoint.provider.slug)?.url ?? endpoint.provider.url;
    const span = this.#tracer.startSpan(`chat ${endpoint.upstreamModel}`, {
      kind: CLIENT,
      attributes: {
        ...endpointAttributes(endpoint),
        ...requestAttributes(request),
        'server.address': url.hostname,
        'server.port': Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
        'nordlys.attempt': attempt.attempt,
        ...(attempt.callerKey && { 'nordlys.caller_key': true }),
      },
    });
    this.#attempts.set(attempt, span);
  }

  attemptEnded(context: RequestContext, _endpoint: Endpoint, attempt: AttemptRecord): void {
    const span = this.#attempts.get(attempt);
    if (span === undefined) return;
    const attributes: SpanAttributes = { 'nordlys.possibly_billed': attempt.possiblyBilled };
    put(attributes, 'http.response.status_code', attempt.status);
    if (context.request?.stream === true) {
      put(attributes, 'gen_ai.response.time_to_first_chunk', seconds(attempt.firstTokenMs));
    }
    putUpstreamError(attributes, attempt);
    if (context.outcome !== undefined) putAnswer(attributes, context.outcome);
    if (attempt.outcome !== 'ok') fail(span, attributes, attempt.outcome, attempt.outcome !== 'superseded');
    span.setAttributes(attributes);
    span.end();
  }

  requestEnded(context: RequestContext, error: GatewayError | undefined): void {
    const span = this.#requests.get(context);
    if (span === undefined) return;
    const { served, route, attempts, cacheStatus, outcome } = context;
    const attributes: SpanAttributes = {
      'nordlys.attempts': attempts.length,
      'http.response.status_code': clientStatus(context, error),
    };
    const model = route?.model ?? served?.model;
    if (model !== undefined) span.updateName(`chat ${model}`);
    put(attributes, 'gen_ai.request.model', model);
    put(attributes, 'gen_ai.provider.name', served?.provider);
    put(attributes, 'gen_ai.request.stream', context.request?.stream === true ? true : undefined);
    put(attributes, 'nordlys.cache', cacheStatus);
    put(attributes, 'nordlys.caller', context.caller?.id);
    if (error !== undefined) fail(span, attributes, error.code, error.status >= 500);
    else if (context.client.aborted) fail(span, attributes, 'client_closed_request', false);
    else if (outcome?.complete === false) fail(span, attributes, 'upstream_truncated');
    span.setAttributes(attributes);
    span.end();
  }

  /** `hooks`, with `traceparent` added to the headers of each upstream call. The host's own hook has the last word. */
  propagatedBy(hooks: Hooks): Hooks {
    const { beforeAttempt } = hooks;
    return {
      ...hooks,
      beforeAttempt: async (state) => {
        const attempt = getContext(state.req).attempts[state.attempt - 1];
        const span = attempt && this.#attempts.get(attempt);
        const change = await beforeAttempt?.(state);
        return span === undefined ? change : { ...change, headers: { ...traceHeaders(span), ...change?.headers } };
      },
    };
  }
}

/** W3C Trace Context. */
function traceHeaders(span: Span): Record<string, string> {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  const traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  const tracestate = traceState?.serialize();
  return tracestate ? { traceparent, tracestate } : { traceparent };
}

/** The numbers of a request; its words are nobody's business. */
function requestAttributes(request: ChatRequest | undefined): SpanAttributes {
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

function putAnswer(attributes: SpanAttributes, { finishReason, usage, costUsd }: ResponseOutcome): void {
  if (finishReason !== undefined) attributes['gen_ai.response.finish_reasons'] = [finishReason];
  put(attributes, 'gen_ai.usage.input_tokens', usage?.prompt_tokens);
  put(attributes, 'gen_ai.usage.output_tokens', usage?.completion_tokens);
  put(attributes, 'gen_ai.usage.cache_read.input_tokens', usage?.prompt_tokens_details?.cached_tokens);
  put(attributes, 'gen_ai.usage.reasoning.output_tokens', usage?.completion_tokens_details?.reasoning_tokens);
  put(attributes, 'nordlys.cost_usd', costUsd);
}

function putUpstreamError(attributes: SpanAttributes, attempt: AttemptRecord): void {
  const error = upstreamErrorFor(attempt);
  if (error === undefined) return;
  put(attributes, 'nordlys.upstream_error.status', error.status);
  put(attributes, 'nordlys.upstream_error.type', error.type);
  put(attributes, 'nordlys.upstream_error.code', error.code);
  put(attributes, 'nordlys.upstream_error.message', error.message);
}

function put(attributes: SpanAttributes, name: string, value: unknown): void {
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') attributes[name] = value;
}

function fail(span: Span, attributes: SpanAttributes, type: string, ours = true): void {
  attributes['error.type'] = type;
  if (ours) span.setStatus({ code: FAILED });
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1_000;
}
