import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { expect } from 'vitest';
import type { ChatRequest } from '../../src/chat/types.js';
import { RequestContext } from '../../src/request/context.js';
import type { ResponseSink } from '../../src/contracts/sink.js';
import { toGatewayError } from '../../src/errors/gateway-error.js';
import { HookRunner } from '../../src/request/hooks.js';
import { CancelSource } from '../../src/util/cancellation.js';
import { proxyStage } from '../../src/proxy/proxy.js';
import { EndpointStates } from '../../src/proxy/failover/endpoint-states.js';
import { FakeClock } from '../support/fake-clock.js';
import { endpoint } from './endpoint.js';
import { ManualTransport } from './manual-transport.js';

const MAX_ATTEMPTS = 4;

/** One request on its way through two endpoints, and what must hold at every moment of it. */
export class FailoverRun {
  readonly clock = new FakeClock();
  readonly cancelSignal = new CancelSource();
  readonly transport = new ManualTransport(() => {
    this.#must(!this.cancelSignal.aborted, 'a call after the client has disconnected');
    this.#must(!this.#settled, 'a call after the end');
  });
  /** The client has had enough for now. */
  blocked = false;
  readonly #stream: boolean;
  readonly #endpointStates = new EndpointStates({ clock: this.clock, random: () => 0.5, maxInFlightPerProvider: 10 });
  readonly #endpoints = [endpoint(0), endpoint(1)];
  readonly #context: RequestContext;
  readonly #begun: object[] = [];
  readonly #ended: object[] = [];
  readonly #said: ('json' | 'open' | 'done' | 'fail')[] = [];
  #resume: (() => void) | undefined;
  #settled = false;
  /** Broken rules. What the path throws at is caught on the path, so it is not thrown there. */
  readonly #broken: string[] = [];

  constructor(stream: boolean) {
    this.#stream = stream;
    const req = new IncomingMessage(new Socket());
    this.#context = new RequestContext(req, new ServerResponse(req), 'req_1', this.clock.now(), () => this.#sink());
    this.#context.cancelSignal = this.cancelSignal;
    const request: ChatRequest = { model: 'm', messages: [{ role: 'user', content: 'hi' }], stream };
    this.#context.request = request;
    this.#context.body = { request, received: undefined, bytesFor: () => Buffer.from(JSON.stringify(request)) };
    this.#context.route = {
      model: 'm',
      candidates: this.#endpoints.map((candidate) => ({
        endpoint: candidate,
        credential: 'operator' as const,
        drop: [],
      })),
      excluded: [],
      drawn: false,
      ownFields: new Set(),
      overrides: undefined,
      record: undefined,
      onServed: undefined,
    };
    this.#go().catch((error: unknown) => this.#broken.push(String(error)));
  }

  #must(holds: boolean, otherwise: string): void {
    if (!holds) this.#broken.push(otherwise);
  }

  async #go(): Promise<void> {
    const hooks = new HookRunner();
    hooks.observe({
      attemptBegan: (_context, _endpoint, attempt) => {
        this.#must(!this.cancelSignal.aborted, 'an attempt after the client aborted');
        this.#begun.push(attempt);
      },
      attemptEnded: (_context, _endpoint, attempt) => void this.#ended.push(attempt),
    });
    const stage = proxyStage({
      transport: this.transport,
      clock: this.clock,
      random: () => 0.5,
      hooks,
      endpointStates: this.#endpointStates,
      maxAttempts: MAX_ATTEMPTS,
      retryNonIdempotent: true,
      upstreamErrors: 'summary',
      hedging: undefined,
    });
    try {
      await stage(this.#context);
    } catch (thrown) {
      const error = toGatewayError(thrown);
      this.#must(error.code !== 'internal_error', `an internal error: ${String(error.cause)}`);
      if (!this.cancelSignal.aborted) this.#context.sink.fail(error);
    }
    this.#settled = true;
  }

  /** Whatever could run has run. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  /** What the client received, without events. */
  get written(): readonly string[] {
    return this.#said;
  }

  disconnect(): void {
    this.cancelSignal.abort();
  }

  drain(): void {
    this.blocked = false;
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  /** What holds after every step. */
  check(): void {
    expect(this.#broken).toEqual([]);
    expect(this.#begun.length - this.#ended.length, 'attempts at work').toBeLessThanOrEqual(1);
    expect(this.#begun.length).toBeLessThanOrEqual(MAX_ATTEMPTS);
    expect(this.#inFlight()).toBe(this.#begun.length - this.#ended.length);
    // The rest of an error, or what follows a response, may still be read; all other calls are closed.
    const held = this.transport.calls.filter(({ over, status, finished }) => !over && status <= 200 && !finished);
    expect(held.length, 'calls that a request waits for').toBeLessThanOrEqual(this.#settled ? 0 : 1);
    if (!this.cancelSignal.aborted) return;
    expect(this.#settled, 'work after the end').toBe(true);
    expect(this.#inFlight()).toBe(0);
  }

  /** What holds when time has run out on everything. */
  async finish(): Promise<void> {
    for (let second = 0; second < 60; second++) {
      this.drain();
      this.clock.advance(1_000);
      await this.settle();
      if (this.#settled && this.transport.sockets().active === 0 && this.clock.pending.size === 0) break;
    }
    this.check();
    expect(this.#settled, 'an end').toBe(true);
    expect(this.transport.sockets().active, 'open calls').toBe(0);
    expect(this.clock.pending.size, 'timers').toBe(0);
    expect(new Set(this.#ended).size, 'attempts that ended once').toBe(this.#ended.length);
    expect(this.#ended).toHaveLength(this.#begun.length);
    expect(this.#context.attempts.map(({ outcome }) => outcome)).not.toContain('pending');
    if (!this.cancelSignal.aborted) expect(['json', 'done', 'fail']).toContain(this.#said.at(-1));
  }

  #inFlight(): number {
    const states = this.#endpoints.map(({ id }) => this.#endpointStates.status(id)?.inFlight ?? 0);
    return states.reduce((sum, count) => sum + count, 0);
  }

  #sink(): ResponseSink {
    const say = (what: 'json' | 'open' | 'done' | 'fail', after: readonly (string | undefined)[]): void => {
      this.#must(!this.cancelSignal.aborted, `${what} after the client aborted`);
      this.#must(after.includes(this.#said.at(-1)), `${what} after ${this.#said.join()}`);
      this.#said.push(what);
    };
    const mustHaveCome = (trait: 'hasContent' | 'finished'): void =>
      this.#must(this.transport.call?.[trait] === true, `${this.#said.join()} before anything ${trait} came`);
    return {
      json: () => {
        say('json', [undefined]);
        this.#must(!this.#stream, 'json for a stream');
        mustHaveCome('finished');
      },
      open: () => {
        say('open', [undefined]);
        this.#must(this.#stream, 'a stream for json');
        mustHaveCome('hasContent');
      },
      event: () => {
        this.#must(this.#said.join() === 'open', `an event after ${this.#said.join()}`);
        this.#must(!this.cancelSignal.aborted, 'an event after the client aborted');
        return !this.blocked;
      },
      onDrain: (resume) => {
        if (this.blocked) this.#resume = resume;
        else process.nextTick(resume);
      },
      done: () => {
        say('done', ['open']);
        mustHaveCome('finished');
      },
      fail: () => say('fail', [undefined, 'open']),
    };
  }
}
