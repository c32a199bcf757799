import type { RequestContext } from '../request/context.js';
import { getContext } from '../request/context-view.js';
import type { AttemptRecord, Hooks } from '../contracts/hooks.js';
import type { Span, SpanAttributes, Tracer } from '../contracts/observability.js';
import type { Endpoint } from '../contracts/routing.js';
import type { GatewayError } from '../errors/gateway-error.js';
import type { Observer } from '../request/hooks.js';
import { clientStatus } from './request-facts.js';
import type { ContentAttributes } from './content.js';
import { endpointAttributes } from './gen-ai.js';
import type { ResponseWatch } from './response-watch.js';
import {
  conversationId,
  currentRequestAttributes,
  put,
  putOutcome,
  putCurrentResponse,
  putUpstreamError,
  requestAttributes,
  seconds,
} from './span-attributes.js';
import type { Conventions } from './telemetry-options.js';

// OpenTelemetry's SpanKind and SpanStatusCode.
const INTERNAL = 0;
const CLIENT = 2;
const FAILED = 2;

/** Attributes of spans beyond the common ones. */
export interface TracingParts {
  readonly conventions: Conventions;
  readonly captured: ContentAttributes | undefined;
  readonly watch: ResponseWatch | undefined;
}

/**
 * One span per request, within the host's own, and one child per upstream call. Usage is on the call that caused
 * it and nowhere else, so that sums over spans are right. Prompts and responses are attributes of the request's span,
 * and only where the host's `telemetry.content` allows it.
 */
export class Tracing implements Observer {
  readonly #tracer: Tracer;
  readonly #parts: TracingParts;
  readonly #requests = new WeakMap<RequestContext, Span>();
  readonly #attempts = new WeakMap<AttemptRecord, Span>();

  constructor(tracer: Tracer, parts: TracingParts) {
    this.#tracer = tracer;
    this.#parts = parts;
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
      // If the tracer throws, the span is lost; the response must not be.
      if (isBegun) throw error;
      return work();
    }
  };

  attemptBegan(context: RequestContext, endpoint: Endpoint, attempt: AttemptRecord): void {
    const { request, route } = context;
    const url = route?.overrides?.get(endpoint.provider.slug)?.url ?? endpoint.provider.url;
    const span = this.#tracer.startSpan(`chat ${endpoint.upstreamModel}`, {
      kind: CLIENT,
      attributes: {
        ...endpointAttributes(endpoint),
        ...requestAttributes(request),
        ...(this.#parts.conventions.current ? currentRequestAttributes(context) : {}),
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
    if (context.outcome !== undefined) {
      putOutcome(attributes, context.outcome);
      if (this.#parts.conventions.current)
        putCurrentResponse(attributes, context.outcome, this.#parts.watch?.of(context));
    }
    if (attempt.outcome !== 'ok') fail(span, attributes, attempt.outcome, attempt.outcome !== 'superseded');
    span.setAttributes(attributes);
    span.end();
  }

  requestEnded(context: RequestContext, error: GatewayError | undefined): void {
    const span = this.#requests.get(context);
    if (span === undefined) return;
    const attributes = this.#requestAttributes(context, error);
    const model = attributes['gen_ai.request.model'];
    if (model !== undefined) span.updateName(`chat ${String(model)}`);
    if (error !== undefined) fail(span, attributes, error.code, error.status >= 500);
    else if (context.client.aborted) fail(span, attributes, 'client_closed_request', false);
    else if (context.outcome?.complete === false) fail(span, attributes, 'upstream_truncated');
    try {
      const { captured, watch } = this.#parts;
      if (captured !== undefined) Object.assign(attributes, captured.of(context, watch?.of(context)?.output));
    } finally {
      span.setAttributes(attributes);
      span.end();
    }
  }

  #requestAttributes(context: RequestContext, error: GatewayError | undefined): SpanAttributes {
    const { served, route, attempts, cacheStatus } = context;
    const attributes: SpanAttributes = {
      'nordlys.attempts': attempts.length,
      'http.response.status_code': clientStatus(context, error),
    };
    put(attributes, 'gen_ai.request.model', route?.model ?? served?.model);
    put(attributes, 'gen_ai.provider.name', served?.provider);
    put(attributes, 'gen_ai.request.stream', context.request?.stream === true ? true : undefined);
    put(attributes, 'nordlys.cache', cacheStatus);
    put(attributes, 'nordlys.caller', context.caller?.id);
    if (this.#parts.conventions.current) put(attributes, 'gen_ai.conversation.id', conversationId(context));
    return attributes;
  }

  /** `hooks`, with `traceparent` added to the headers of each upstream call. The host's own hook runs last. */
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

function fail(span: Span, attributes: SpanAttributes, type: string, ours = true): void {
  attributes['error.type'] = type;
  if (ours) span.setStatus({ code: FAILED });
}
