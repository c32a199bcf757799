import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ChatRequest } from '../../src/chat/types.js';
import { RequestContext } from '../../src/request/context.js';
import type { Endpoint } from '../../src/contracts/routing.js';
import type { ResponseSink } from '../../src/contracts/sink.js';
import { toGatewayError, type GatewayError } from '../../src/errors/gateway-error.js';
import { HookRunner } from '../../src/request/hooks.js';
import { proxyStage } from '../../src/proxy/proxy.js';
import { EndpointStates } from '../../src/proxy/failover/endpoint-states.js';
import { endpointAt } from '../support/endpoint.js';
import { FakeClock } from '../support/fake-clock.js';
import { RespondingTransport, type RespondingCall } from './responding-transport.js';

export const MAX_ATTEMPTS = 5;
const TOTAL_MS = 60_000;
const TIMEOUTS = { connectMs: 5_000, headersMs: 20_000, firstChunkMs: 10_000, idleMs: 8_000, totalMs: TOTAL_MS };

/** Records what is written, and reports what is out of order. */
export class WitnessSink implements ResponseSink {
  readonly written: string[] = [];
  readonly faults: string[] = [];
  blocked = false;
  error: GatewayError | undefined;
  /** Runs when the last word is written. */
  onEnded = (): void => {};
  /** Which calls the text came from. */
  readonly sources = new Set<string>();
  #resume: (() => void) | undefined;

  json(_head: unknown, body: Uint8Array): void {
    this.#note('json', this.written.length === 0);
    this.#sourcesIn(Buffer.from(body).toString());
  }

  open(): void {
    this.#note('open', this.written.length === 0);
  }

  event(payload: string): boolean {
    this.#note('event', this.written[0] === 'open' && !this.ended);
    this.#sourcesIn(payload);
    return !this.blocked;
  }

  onDrain(resume: () => void): void {
    if (this.blocked) this.#resume = resume;
    else process.nextTick(resume);
  }

  done(): void {
    this.#note('done', this.written[0] === 'open' && !this.ended);
  }

  fail(error: GatewayError): void {
    this.#note('fail', !this.ended && this.written[0] !== 'json');
    this.error = error;
  }

  get begun(): boolean {
    return this.written.length > 0;
  }

  get ended(): boolean {
    const last = this.written.at(-1);
    return last === 'json' || last === 'done' || last === 'fail';
  }

  unblock(): void {
    this.blocked = false;
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  #note(what: string, inOrder: boolean): void {
    if (!inOrder) this.faults.push(`${what} after ${this.written.join(' ')}`);
    this.written.push(what);
    if (this.ended) this.onEnded();
  }

  #sourcesIn(text: string): void {
    for (const [source] of text.matchAll(/call-\d+/g)) this.sources.add(source);
  }
}

/** One client and its request. */
export class SentRequest {
  readonly context: RequestContext;
  readonly sink = new WitnessSink();
  readonly stream: boolean;
  readonly deadline: number;
  /** Calls made for it. */
  calls: readonly RespondingCall[] = [];
  disconnected = false;
  settled = false;
  error: GatewayError | undefined;
  readonly #res = Object.assign(new EventEmitter(), { destroyed: false, writableFinished: false });

  constructor(world: World, stream: boolean, endpoints: readonly Endpoint[]) {
    this.stream = stream;
    const { clock } = world;
    this.deadline = clock.now() + TOTAL_MS;
    const req = { headers: {} } as IncomingMessage;
    const res = this.#res as EventEmitter as ServerResponse;
    this.context = new RequestContext(req, res, `req-${world.requests.length}`, clock.now(), () => this.sink);
    const request: ChatRequest = { model: 'm', stream, messages: [{ role: 'user', content: 'hi' }] };
    this.context.request = request;
    this.context.body = { request, received: undefined, bytesFor: () => Buffer.from('{}') };
    this.context.route = {
      model: 'm',
      candidates: endpoints.map((endpoint) => ({ endpoint, credential: 'operator' as const, drop: [] })),
      excluded: [],
      drawn: false,
      ownFields: new Set(),
      overrides: undefined,
      record: undefined,
      onServed: undefined,
    };
  }

  /** The call on which something may still happen. */
  get call(): RespondingCall | undefined {
    return this.calls.find((call) => call.live);
  }

  disconnect(): void {
    this.disconnected = true;
    this.#res.destroyed = true;
    this.#res.emit('close');
  }
}

/** The proxy stage with everything around it under the test's thumb: transport, clock, chance, clients. */
export class World {
  readonly clock = new FakeClock();
  readonly transport = new RespondingTransport();
  readonly endpoints = ['p0', 'p1', 'p2'].map(endpointOf);
  readonly endpointStates: EndpointStates;
  readonly requests: SentRequest[] = [];
  readonly #stage: ReturnType<typeof proxyStage>;
  #draws = 0;

  constructor(seed: number) {
    const random = (): number => ((seed * 7_919 + this.#draws++ * 104_729) % 1_000) / 1_000;
    this.endpointStates = new EndpointStates({ clock: this.clock, random, maxInFlightPerProvider: 1 + (seed % 3) });
    this.#stage = proxyStage({
      transport: this.transport,
      clock: this.clock,
      random,
      hooks: new HookRunner(),
      endpointStates: this.endpointStates,
      maxAttempts: MAX_ATTEMPTS,
      retryNonIdempotent: true,
      upstreamErrors: 'summary',
      hedging: undefined,
    });
  }

  async post(stream: boolean, candidates: number): Promise<void> {
    const request = new SentRequest(this, stream, this.endpoints.slice(0, candidates));
    this.requests.push(request);
    const running = this.#stage(request.context) as Promise<unknown>;
    running
      .catch((thrown: unknown) => {
        request.error = toGatewayError(thrown);
        // As the runner of the stages does.
        if (!request.disconnected) request.sink.fail(request.error);
      })
      .finally(() => (request.settled = true));
    await this.settle();
  }

  /** Lets everything happen that can happen without time passing. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    this.#assign();
  }

  async advance(ms: number): Promise<void> {
    const until = this.clock.now() + ms;
    while (this.clock.now() < until) {
      this.clock.advance(Math.min(500, until - this.clock.now()));
      await this.settle();
    }
  }

  /** The request id travels in the headers, as to a real upstream. */
  #assign(): void {
    for (const request of this.requests) {
      request.calls = this.transport.calls.filter(({ requestId }) => requestId === request.context.requestId);
    }
  }
}

/** An address without a listener: the transport of these tests responds itself. */
export function endpointOf(slug: string, position: number): Endpoint {
  return endpointAt(`http://${slug}/v1`, slug, { position, timeouts: TIMEOUTS });
}
