import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Scheduler } from 'fast-check';
import { Admission } from '../../src/runtime/admission.js';
import { openContext, RequestContext } from '../../src/request/context.js';
import type { Timer } from '../../src/contracts/clock.js';
import type { AttemptRecord } from '../../src/contracts/hooks.js';
import type { Endpoint } from '../../src/contracts/routing.js';
import { drain, type DrainOptions } from '../../src/runtime/drain.js';
import { HookRunner } from '../../src/request/hooks.js';
import type { Middleware } from '../../src/http/middleware.js';
import { UpstreamFailure } from '../../src/proxy/upstream-failure.js';
import { Hedging } from '../../src/proxy/failover/hedging.js';
import { proxyStage } from '../../src/proxy/proxy.js';
import type { EndpointState } from '../../src/proxy/failover/endpoint-state.js';
import { EndpointStates } from '../../src/proxy/failover/endpoint-states.js';
import type { AttemptTicket } from '../../src/proxy/failover/attempt-ticket.js';
import { runStages } from '../../src/request/run-stages.js';
import { FakeClock } from '../support/fake-clock.js';
import { RespondingTransport, type RespondingCall } from './responding-transport.js';
import { endpointOf, MAX_ATTEMPTS, WitnessSink } from './many-requests.js';

/** What an upstream does with a call, step by step. The scheduler chooses when each step happens. */
export type Fate = readonly ((call: RespondingCall) => void)[];

/** A timer that is set for no longer than this is a pause: it ends in its turn, as responses arrive in theirs. */
const PAUSE_MS = 1_000;

/** A clock of which short timers fire in any order with all that happens meanwhile, and long ones when time is made to pass. */
class InterleavedClock extends FakeClock {
  readonly #later: Later;

  constructor(later: Later) {
    super();
    this.#later = later;
  }

  override setTimer(fire: () => void, ms: number): Timer {
    const timer = super.setTimer(fire, ms);
    const dueAt = this.now() + ms;
    if (ms <= PAUSE_MS) this.#later(`${Math.round(ms)} ms pass`, () => this.advance(Math.max(0, dueAt - this.now())));
    return timer;
  }
}

type Later = (label: string, act: () => void) => void;

/** Every visit of an endpoint, and how often each was ended. */
class CountingTable extends EndpointStates {
  readonly visits: { readonly provider: string; endings: number }[] = [];

  override begin(provider: string, endpointState: EndpointState): AttemptTicket {
    const ticket = super.begin(provider, endpointState);
    const counted = { provider, endings: 0 };
    this.visits.push(counted);
    const { succeed, fail, abandon } = ticket;
    return Object.assign(ticket, {
      succeed(tenant: string) {
        counted.endings++;
        succeed.call(ticket, tenant);
      },
      fail(fault: UpstreamFailure, tenant: string) {
        counted.endings++;
        fail.call(ticket, fault, tenant);
      },
      abandon() {
        counted.endings++;
        abandon.call(ticket);
      },
    });
  }

  open(provider: string): number {
    return this.visits.filter((ticket) => ticket.provider === provider && ticket.endings === 0).length;
  }
}

/** One client and its request. */
class Client {
  readonly context: RequestContext;
  readonly sink = new WitnessSink();
  disconnected = false;
  /** The number of attempts when it disconnected, and those that were open then. */
  triesAtDisconnect = 0;
  openAtDisconnect: readonly AttemptRecord[] = [];
  /** It was sent after a drain had stopped admissions. */
  late = false;
  /** The stages are at work for it. */
  working = false;
  readonly res = Object.assign(new EventEmitter(), {
    headersSent: false,
    writableEnded: false,
    writableFinished: false,
    destroyed: false,
    setHeader: () => {},
  });

  constructor(name: string, startedAt: number) {
    const req = { headers: {}, method: 'POST' } as unknown as IncomingMessage;
    const res = this.res as unknown as ServerResponse;
    this.context = openContext(req, () => new RequestContext(req, res, name, startedAt, () => this.sink));
  }

  /** Its connection is closed: it disconnected, or the last byte was sent. */
  close(): void {
    if (this.res.destroyed) return;
    this.res.destroyed = true;
    this.res.emit('close');
  }
}

export interface WorldOptions {
  readonly fates: readonly Fate[];
  readonly room: number;
  readonly seed: number;
  /** Milliseconds after which another provider is called as well. */
  readonly hedgeAfterMs: number | undefined;
}

/**
 * Everything between the first stage and the last byte, with many requests at once: who goes on next, the steps of an upstream, a
 * pause, a key that is fetched, a client, is decided by fast-check's scheduler.
 */
export class InterleavedWorld {
  readonly clock: InterleavedClock;
  readonly transport = new RespondingTransport();
  readonly admission = new Admission({ maxInFlight: 100, maxInFlightPerCaller: 100 });
  readonly endpointStates: CountingTable;
  readonly clients: Client[] = [];
  readonly endpoints: readonly Endpoint[];
  readonly drains: { readonly closesAt: number; done: boolean }[] = [];
  readonly room: number;
  readonly hedged: boolean;
  readonly #scheduler: Scheduler;
  readonly #gateway: Middleware;
  readonly #broken: string[] = [];
  #draws = 0;

  constructor(scheduler: Scheduler, { fates, room, seed, hedgeAfterMs }: WorldOptions) {
    this.#scheduler = scheduler;
    this.room = room;
    this.hedged = hedgeAfterMs !== undefined;
    this.clock = new InterleavedClock((label, act) => this.later(label, act));
    const { clock } = this;
    const random = (): number => ((seed * 7_919 + this.#draws++ * 104_729) % 1_000) / 1_000;
    this.endpoints = ['p0', 'p1', 'p2'].map((slug, position) => this.#endpoint(slug, position));
    this.endpointStates = new CountingTable({ clock, random, maxInFlightPerProvider: room });
    const hooks = new HookRunner();
    const { transport, endpointStates } = this;
    const open = transport.open.bind(transport);
    transport.open = (request, events) => {
      const call = open(request, events) as RespondingCall;
      this.#note(call);
      this.#play(call, fates[call.number % fates.length]!);
      return call;
    };
    const proxy = proxyStage({
      transport,
      clock,
      random,
      hooks,
      endpointStates,
      maxAttempts: MAX_ATTEMPTS,
      retryNonIdempotent: true,
      upstreamErrors: 'summary',
      hedging: this.hedged ? new Hedging(clock, hedgeAfterMs) : undefined,
    });
    this.#gateway = runStages(
      [
        async (context) => {
          const client = this.clients.find((each) => each.context === context)!;
          client.working = true;
          try {
            return await proxy(context);
          } finally {
            client.working = false;
          }
        },
      ],
      { clock, hooks, errorHandling: 'respond', errorFormat: 'openai', admission: this.admission },
    );
  }

  /** Something that happens when its turn comes. */
  later(label: string, act: () => void): void {
    void this.#scheduler.schedule(Promise.resolve(), label).then(act);
  }

  post(stream: boolean, candidates: number, first: number): void {
    const client = new Client(`req-${this.clients.length}`, this.clock.now());
    const { context, res, sink } = client;
    const request = { model: 'm', stream, messages: [{ role: 'user' as const, content: 'hi' }] };
    context.request = request;
    context.body = { request, received: undefined, bytesFor: () => Buffer.from('{}') };
    context.route = {
      model: 'm',
      candidates: Array.from({ length: candidates }, (_, place) => ({
        endpoint: this.endpoints[(first + place) % this.endpoints.length]!,
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
    sink.onEnded = () => {
      context.client.responded();
      res.headersSent = true;
      res.writableEnded = true;
      this.later(`the last byte of ${context.requestId} is sent`, () => {
        res.writableFinished = true;
        client.close();
      });
    };
    client.late = this.drains.some(({ closesAt }) => this.clock.now() >= closesAt);
    this.clients.push(client);
    this.#gateway(context.req, context.res);
  }

  disconnect(client: Client): void {
    client.disconnected = true;
    const { attempts } = client.context;
    client.triesAtDisconnect = attempts.length;
    client.openAtDisconnect = attempts.filter(({ outcome }) => outcome === 'pending');
    client.close();
  }

  drain(options: DrainOptions): void {
    const draining = { closesAt: this.clock.now() + (options.delayMs ?? 0), done: false };
    this.drains.push(draining);
    void drain(this.admission, this.clock, options).then(() => (draining.done = true));
  }

  /** As many failures as it takes, of calls of other requests. */
  openBreaker(position: number): void {
    const endpoint = this.endpoints[position]!;
    const endpointState = this.endpointStates.of(endpoint, false);
    for (let call = 0; call < 5; call++) {
      this.endpointStates
        .begin(endpoint.provider.slug, endpointState)
        .fail(new UpstreamFailure('reset'), `tenant-${call}`);
    }
  }

  callsOf({ context }: Client): readonly RespondingCall[] {
    return this.transport.calls.filter(({ requestId }) => requestId === context.requestId);
  }

  /** What was found broken at the moment in which it broke. */
  get broken(): readonly string[] {
    return this.#broken;
  }

  /** Everything that can happen has happened, and time enough has passed for all that waits. */
  async finish(): Promise<void> {
    for (let second = 0; second < 200; second++) {
      for (const { sink } of this.clients) if (sink.blocked) sink.unblock();
      await this.#scheduler.waitAll();
      if (this.quiet) return;
      await this.clock.advanceAsync(1_000);
    }
  }

  get quiet(): boolean {
    return (
      this.clock.pending.size === 0 &&
      this.clients.every(({ working }) => !working) &&
      this.drains.every(({ done }) => done)
    );
  }

  #note(call: RespondingCall): void {
    const client = this.clients.find(({ context }) => context.requestId === call.requestId)!;
    if (client.disconnected) this.#broken.push(`call ${call.number} for a client that has disconnected`);
    if (client.sink.begun) this.#broken.push(`call ${call.number} after the response had begun`);
    if (!client.working) this.#broken.push(`call ${call.number} for a request that has ended`);
    const others = this.callsOf(client).filter((each) => each !== call && each.held);
    const { request, attempts } = client.context;
    const besides = this.hedged && request?.stream !== true && attempts.length === 2 ? 1 : 0;
    if (others.length > besides) this.#broken.push(`call ${call.number} beside call ${others[0]!.number}`);
  }

  #play(call: RespondingCall, fate: Fate, at = 0): void {
    const step = fate[at];
    if (step === undefined) return;
    this.later(`call ${call.number}, step ${at}`, () => {
      if (!call.live) return;
      step(call);
      this.#play(call, fate, at + 1);
    });
  }

  /** One of them has a key that must be fetched. */
  #endpoint(slug: string, position: number): Endpoint {
    const endpoint = endpointOf(slug, position);
    if (position !== 1) return endpoint;
    const apiKey = (): Promise<string> => this.#scheduler.schedule(Promise.resolve('key'), `the key of ${slug}`);
    return { ...endpoint, provider: { ...endpoint.provider, apiKey } };
  }
}
