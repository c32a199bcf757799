import type { ContentCapture, SpanAttributes } from '../contracts/observability.js';
import type { RequestContext } from '../request/context.js';
import {
  boundedMessages,
  boundedParts,
  UNCHECKED_TAIL,
  type BoundedJson,
  type ExportRules,
} from './bounded-messages.js';
import { promptContent } from './message-parts.js';
import type { OutputCollector } from './output-collector.js';
import type { ContentOptions } from './telemetry-options.js';

/** The host's decision about the content of a request, made once. */
interface Decision {
  readonly capture: ContentCapture;
  /** What the host's function threw, or what was wrong with its result. */
  readonly error?: unknown;
}

const NOTHING: Decision = Object.freeze({ capture: 'none' });

/**
 * Prompts and responses as span attributes, for the requests that the host allows. Successful and failed requests take
 * the same path; on any error nothing is captured.
 */
export class ContentAttributes {
  readonly #options: ContentOptions;
  readonly #decisions = new WeakMap<RequestContext, Decision>();

  constructor(options: ContentOptions) {
    this.#options = options;
  }

  /** Bytes of output that may be needed for `context`. */
  readonly collectBytes = (context: RequestContext): number =>
    this.#decide(context).capture === 'none' ? 0 : this.#options.maxBytes + UNCHECKED_TAIL;

  /**
   * The attributes of `context`, whose response is over.
   * @throws what the host's functions threw
   */
  of(context: RequestContext, output: OutputCollector | undefined): SpanAttributes {
    const { capture, error } = this.#decide(context);
    if (error !== undefined) throw error;
    const { request } = context;
    if (capture === 'none' || request === undefined) return {};
    const rules: ExportRules = {
      maxBytes: this.#options.maxBytes,
      redact: capture === 'redacted' ? this.#options.redact : undefined,
    };
    const { instructions, messages } = promptContent(request);
    const attributes: SpanAttributes = { 'nordlys.content': capture };
    let truncated = output?.truncated === true;
    const put = (name: string, { json, truncated: isCut }: BoundedJson): void => {
      if (json !== '[]') attributes[name] = json;
      truncated ||= isCut;
    };
    put('gen_ai.system_instructions', boundedParts(instructions, rules));
    put('gen_ai.input.messages', boundedMessages(messages, rules));
    if (output !== undefined) {
      put('gen_ai.output.messages', boundedMessages(output.messages(), { ...rules, partial: output.partial }));
    }
    if (truncated) attributes['nordlys.content.truncated'] = true;
    return attributes;
  }

  #decide(context: RequestContext): Decision {
    const known = this.#decisions.get(context);
    if (known !== undefined) return known;
    const decision = this.#fromHost(context);
    this.#decisions.set(context, decision);
    return decision;
  }

  #fromHost({ requestId, req, caller, request }: RequestContext): Decision {
    if (request === undefined) return NOTHING;
    try {
      const capture: unknown = this.#options.content({ requestId, req, caller, request });
      if (capture === 'none' || capture === 'full') return { capture };
      if (capture !== 'redacted') return wrong('telemetry.content must return "none", "redacted" or "full".');
      if (this.#options.redact !== undefined) return { capture };
      return wrong('telemetry.content returned "redacted", which needs telemetry.redact or a guard made by redact().');
    } catch (error) {
      return { capture: 'none', error: error ?? new TypeError('telemetry.content threw nothing.') };
    }
  }
}

function wrong(message: string): Decision {
  return { capture: 'none', error: new TypeError(`${message} Nothing was captured.`) };
}
