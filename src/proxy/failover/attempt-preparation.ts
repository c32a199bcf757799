import type { ChatRequest } from '../../chat/types.js';
import type { AttemptChange, BeforeAttemptState, Hooks } from '../../contracts/hooks.js';
import type { UpstreamUrl } from '../../contracts/transport.js';
import { HostCodeError } from '../../errors/gateway-error.js';
import type { PlannedCandidate, ProviderOverride } from '../../request/context.js';
import { hookState } from '../../request/hooks.js';
import type { CancelSignal } from '../../util/cancellation.js';
import { isPromise } from '../../util/is-promise.js';
import { waitFor, type WaitLimits } from '../../util/wait-for.js';
import { changesMeaning } from '../request/attempt-change.js';
import { outboundHeaders, withoutStreamOptions, type BuiltRequest } from '../request/build-request.js';
import { returnsReasoning } from '../request/returned-reasoning.js';
import { resolveDestination, secretsOf, type Destination } from '../request/destination.js';
import { prepareRequest } from '../request/prepare-request.js';
import type { UpstreamErrorContext } from '../response/parse-error.js';
import { UpstreamExchange } from '../response/upstream-exchange.js';
import { UpstreamFailure } from '../upstream-failure.js';
import type { AttemptContext } from './attempt-context.js';
import type { Selection } from './candidate-selector.js';
import type { EndpointState } from './endpoint-state.js';
import { callerIdOf } from './tenant-set.js';

/** Longest wait for the host's own code where no other limit applies, in milliseconds. */
const MAX_WAIT_MS = 600_000;

const NO_CHANGE: AttemptChange = Object.freeze({});

/** An upstream call that is ready to be sent. */
export interface PreparedAttempt {
  readonly exchange: UpstreamExchange;
  readonly url: UpstreamUrl;
  /** Texts of the call that no log and no client may show. */
  readonly secrets: readonly string[];
}

/** The request of the client, and how this attempt departs from it. */
interface ClientRequest {
  readonly request: ChatRequest;
  readonly sendsStreamOptions: boolean;
  readonly sendsReasoning: boolean;
  readonly override: ProviderOverride | undefined;
}

/**
 * Prepares the upstream call of one attempt: credential, `beforeAttempt` hook, body and headers, signature. Credential,
 * hook and signer may be the host's own code, so each wait for them ends with the request's deadline or its
 * cancellation.
 */
export class AttemptPreparation {
  /** What is sent: the client's request, or the one that `beforeAttempt` returned. */
  request: ChatRequest;
  readonly #shared: AttemptContext;
  readonly #candidate: PlannedCandidate;
  readonly #endpointState: EndpointState;
  readonly #cancelSignal: CancelSignal;

  constructor(shared: AttemptContext, { candidate, endpointState }: Selection, cancelSignal: CancelSignal) {
    this.request = shared.context.request!;
    this.#shared = shared;
    this.#candidate = candidate;
    this.#endpointState = endpointState;
    this.#cancelSignal = cancelSignal;
  }

  /**
   * `undefined`: the attempt was cancelled while the host's own code ran.
   * @param attempt - number of the attempt within its request, from 1
   * @throws what `beforeAttempt` throws, and GatewayError when the hook takes too long
   */
  async run(attempt: number): Promise<PreparedAttempt | UpstreamFailure | undefined> {
    const { context, route, parts } = this.#shared;
    const { endpoint } = this.#candidate;
    const override = route.overrides?.get(endpoint.provider.slug);
    const { connectMs } = endpoint.provider.timeouts;
    let destination: Destination | undefined;
    try {
      destination = await resolveDestination(endpoint.provider, override, this.#waitLimits(connectMs));
    } catch (cause) {
      return new UpstreamFailure('credential', { cause });
    }
    if (destination === undefined) return undefined;
    const headers = outboundHeaders(context, endpoint);
    const hook = parts.hooks.hooks.beforeAttempt;
    const change = hook === undefined ? NO_CHANGE : await this.#callHook(hook, headers, attempt);
    if (change === undefined) return undefined;
    const { request } = this;
    if (change.request !== undefined) this.request = change.request;
    if (changesMeaning(change)) context.attemptChanged = true;
    const sendsStreamOptions = this.#sendsStreamOptions();
    const candidate = sendsStreamOptions ? this.#candidate : withoutStreamOptions(this.#candidate);
    const sendsReasoning = this.#sendsReasoning();
    const requestParts = { destination, headers, change, sendsReasoning, clock: parts.clock };
    const prepared = prepareRequest(context, candidate, requestParts, () => this.#waitLimits(connectMs));
    const built = isPromise(prepared) ? await prepared : prepared;
    if (built === undefined || built instanceof UpstreamFailure) return built;
    return this.#preparedFor(built, destination, { request, sendsStreamOptions, sendsReasoning, override });
  }

  async #callHook(
    hook: NonNullable<Hooks['beforeAttempt']>,
    headers: Record<string, string>,
    attempt: number,
  ): Promise<AttemptChange | undefined> {
    const { provider, model, slug, upstreamModel } = this.#candidate.endpoint;
    const state: BeforeAttemptState = {
      ...hookState(this.#shared.context),
      signal: this.#cancelSignal.signal,
      request: this.request,
      candidate: { provider: provider.slug, model, slug, upstreamModel },
      attempt,
      headers: { ...headers },
    };
    const result = await waitFor(async () => hook(state), this.#waitLimits(Infinity));
    if (result.kind === 'timed-out') {
      // The client gets a timeout error; only this report names the hook as its cause.
      const { hooks } = this.#shared.parts;
      hooks.reportFailure('beforeAttempt', new HostCodeError('the hook beforeAttempt has not settled in time'));
      throw this.#shared.deadlineError();
    }
    return result.kind === 'aborted' ? undefined : (result.value ?? NO_CHANGE);
  }

  #preparedFor(
    { request: sent, exchange }: BuiltRequest,
    destination: Destination,
    { request, override, ...sends }: ClientRequest,
  ): PreparedAttempt {
    const { parts } = this.#shared;
    const { provider } = this.#candidate.endpoint;
    const secrets = secretsOf(provider, destination);
    const upstreamExchange = new UpstreamExchange({
      transport: parts.transport,
      clock: parts.clock,
      request: sent,
      timeouts: provider.timeouts,
      deadline: this.#deadline(override?.timeoutMs),
      streamDeadline: override?.timeoutMs === undefined ? Infinity : this.#deadline(override.timeoutMs),
      wanted: { stream: request.stream === true, usage: request.stream_options?.include_usage === true },
      exchange,
      errors: this.#errorContext(destination, secrets, sends),
    });
    return { exchange: upstreamExchange, url: sent.url, secrets };
  }

  #sendsStreamOptions(): boolean {
    const candidate = this.#candidate;
    const isRefused = this.#shared.refusedStreamOptions(candidate) || this.#endpointState.refusesStreamOptions;
    const { format, streamOptions } = candidate.endpoint.provider;
    return streamOptions && !isRefused && format.exchange === undefined;
  }

  /** A format that translates sends only reasoning of its own kind. */
  #sendsReasoning(): boolean {
    const isRefused =
      this.#shared.refusedReasoning(this.#candidate) ||
      this.#endpointState.refusesReasoning(callerIdOf(this.#shared.context));
    return !isRefused && this.#candidate.endpoint.provider.format.exchange === undefined;
  }

  #errorContext(
    { callersKey }: Destination,
    secrets: readonly string[],
    { sendsStreamOptions, sendsReasoning }: Pick<ClientRequest, 'sendsStreamOptions' | 'sendsReasoning'>,
  ): UpstreamErrorContext {
    return {
      format: this.#candidate.endpoint.provider.format,
      callersKey,
      secrets,
      relay: this.#shared.parts.upstreamErrors,
      sentStreamOptions: sendsStreamOptions && this.request.stream === true,
      sentReasoning: () => sendsReasoning && returnsReasoning(this.request),
      quotes: (text) => quotes(this.request, text),
    };
  }

  /** The deadline of the request, or the caller's own `timeout` for this provider where that is earlier. */
  #deadline(callerTimeoutMs: number | undefined): number {
    const { deadline, parts } = this.#shared;
    return callerTimeoutMs === undefined ? deadline : Math.min(deadline, parts.clock.now() + callerTimeoutMs);
  }

  #waitLimits(limitMs: number): WaitLimits {
    const { deadline, parts } = this.#shared;
    const { clock } = parts;
    return {
      clock,
      cancelSignal: this.#cancelSignal,
      limitMs: Math.min(limitMs, deadline - clock.now(), MAX_WAIT_MS),
    };
  }
}

/** Whether `request` contains `text`, in any case, as text or as the JSON of it. */
function quotes(request: ChatRequest, text: string): boolean {
  const sent = JSON.stringify(request).toLowerCase();
  const wanted = text.toLowerCase();
  return sent.includes(JSON.stringify(wanted).slice(1, -1)) || sent.includes(wanted);
}
