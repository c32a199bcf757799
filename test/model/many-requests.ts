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

/** Writes down what it is told, and refuses what is out of order. */
export class WitnessSink implements ResponseSink {
  readonly told: string[] = [];
  readonly faults: string[] = [];
  blocked = false;
  error: GatewayError | undefined;
  /** Runs when the last word has been said. */
  onEnded = (): void => {};
  /** Which calls the text came from. */
  readonly sources = new Set<string>();
  #resume: (() => void) | undefined;

  json(_head: unknown, body: Uint8Array): void {
    this.#note('json', this.told.length === 0);
    this.#sourcesIn(Buffer.from(body).toString());
  }

  open(): void {
    this.#note('open', this.told.length === 0);
  }

  event(payload: string): boolean {
    this.#note('event', this.told[0] === 'open' && !this.ended);
    this.#sourcesIn(payload);
    return !this.blocked;
  }

  onDrain(resume: () => void): void {
    if (this.blocked) this.#resume = resume;
    else process.nextTick(resume);
  }

  done(): void {
    this.#note('done', this.told[0] === 'open' && !this.ended);
  }

  fail(error: GatewayError): void {
    this.#note('fail', !this.ended && this.told[0] !== 'json');
    this.error = error;
  }

  get begun(): boolean {
    return this.told.length > 0;
  }

  get ended(): boolean {
    const last = this.told.at(-1);
    return last === 'json' || last === 'done' || last === 'fail';
  }

  unblock(): void {
    this.blocked = false;
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  #note(what: string, inOrder: boolean): void {
    if (!inOrder) this.faults.push(`${what} after ${this.told.join(' ')}`);
    this.told.push(what);
    if (this.ended) this.onEnded();
  }

  #sourcesIn(text: string): void {
    for (const [source] of text.matchAll(/call-\d+/g)) this.sources.add(source);
  }
}

/** One client and its request. */
export class Asked {
  readonly context: RequestContext;
  readonly sink = new WitnessSink();
  readonly stream: boolean;
  readonly deadline: number;
  /** Calls made for it. */
  calls: readonly RespondingCall[] = [];
  left = false;
  settled = false;
  error: GatewayError | undefined;
  readonly #res = Object.assign(new EventEmitter(), { destroyed: false, writableFinished: false });

  constructor(world: World, stream: boolean, endpoints: readonly Endpoint[]) {
    this.stream = stream;
    const { clock } = world;
    this.deadline = clock.now() + TOTAL_MS;
    const req = { headers: {} } as IncomingMessage;
    const res = this.#res as EventEmitter as ServerResponse;
    this.context = new RequestContext(req, res, `req-${world.asked.length}`, clock.now(), () => this.sink);
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

  leave(): void {
    this.left = true;
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
  readonly asked: Asked[] = [];
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

  async ask(stream: boolean, candidates: number): Promise<void> {
    const asked = new Asked(this, stream, this.endpoints.slice(0, candidates));
    this.asked.push(asked);
    const running = this.#stage(asked.context) as Promise<unknown>;
    running
      .catch((thrown: unknown) => {
        asked.error = toGatewayError(thrown);
        // As the runner of the stages does.
        if (!asked.left) asked.sink.fail(asked.error);
      })
      .finally(() => (asked.settled = true));
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
    for (const asked of this.asked) {
      asked.calls = this.transport.calls.filter(({ requestId }) => requestId === asked.context.requestId);
    }
  }
}

/** An address without a listener: the transport of these tests responds itself. */
export function endpointOf(slug: string, position: number): Endpoint {
  return endpointAt(`http://${slug}/v1`, slug, { position, timeouts: TIMEOUTS });
}
