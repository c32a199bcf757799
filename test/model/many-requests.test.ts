import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FALLBACK_COST, RETRY_COST } from '../../src/proxy/failover/retry-budget.js';
import { UpstreamFailure } from '../../src/proxy/upstream-failure.js';
import type { RespondingCall } from './responding-transport.js';
import { MAX_ATTEMPTS, World, type SentRequest } from './many-requests.js';

/** The model is empty: what must hold is the same in every state. */
type Command = fc.AsyncCommand<object, World>;

/** One step of the world, after which everything that must always hold is looked at. */
class Step implements Command {
  readonly #name: string;
  readonly #act: (world: World) => void | Promise<void>;

  constructor(name: string, act: (world: World) => void | Promise<void>) {
    this.#name = name;
    this.#act = act;
  }

  check(): boolean {
    return true;
  }

  async run(_model: object, world: World): Promise<void> {
    await this.#act(world);
    await world.settle();
    expectInvariants(world);
  }

  toString(): string {
    return this.#name;
  }
}

/** A step on one of the requests that are at work, where there is one. */
function onRequest(
  name: string,
  which: number,
  act: (request: SentRequest, world: World) => void | Promise<void>,
): Step {
  return new Step(`${name} #${which}`, (world) => {
    const atWork = world.requests.filter(({ settled }) => !settled);
    const request = atWork[which % Math.max(1, atWork.length)];
    return request === undefined ? undefined : act(request, world);
  });
}

const chunk = (choice: object): string => `data: ${JSON.stringify({ choices: [{ index: 0, ...choice }] })}\n\n`;
const ROLE = chunk({ delta: { role: 'assistant', content: '' }, finish_reason: null });
const said = (text: string): string => chunk({ delta: { content: text }, finish_reason: null });
const FINISH = chunk({ delta: {}, finish_reason: 'stop' });
const DONE = 'data: [DONE]\n\n';
const whole = (text: string): string =>
  JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }] });

const EVENTS = { 'content-type': 'text/event-stream' };
const JSON_TYPE = { 'content-type': 'application/json' };
const which = fc.nat(5);

/** A step on the call that a request waits for; `from` names it, so that mixed responses would show. */
function onCall(name: string, act: (call: RespondingCall, from: string) => void): fc.Arbitrary<Step> {
  return which.map((at) =>
    onRequest(name, at, ({ call }) => (call === undefined ? undefined : act(call, `call-${call.number} `))),
  );
}

/** Brings a call to where a response can come, from wherever it stands. */
function headOf(call: RespondingCall, status: number, headers: Readonly<Record<string, string>>): void {
  if (call.state === 'connecting') call.connect();
  if (call.state === 'connected') call.respond(status, headers);
}

/** Sends `text` if the response has begun. */
function say(call: RespondingCall, ...texts: readonly string[]): void {
  if (call.state === 'responding') for (const text of texts) call.say(text);
}

const good = [
  onCall('connects', (call) => void (call.state === 'connecting' && call.connect())),
  onCall('begins a stream', (call, from) => {
    headOf(call, 200, EVENTS);
    say(call, ROLE, said(from));
  }),
  onCall('goes on', (call, from) => say(call, said(from))),
  onCall('ends a stream', (call) => {
    say(call, FINISH, DONE);
    if (call.state === 'responding') call.end();
  }),
  onCall('responds completely', (call, from) => {
    headOf(call, 200, JSON_TYPE);
    say(call, whole(from));
    if (call.state === 'responding') call.end();
  }),
];

const status = fc.constantFrom(204, 301, 400, 401, 404, 408, 409, 429, 500, 503, 529, 999);
const code = fc.constantFrom('ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EMFILE', 'HPE_INVALID_CONSTANT');
const retryAfter = fc.option(fc.constantFrom('1', '4', '30', 'soon'));

const bad = [
  fc.tuple(which, code, fc.boolean()).map(([at, error, reused]) =>
    onRequest(`fails with ${error}, reused: ${reused}`, at, ({ call }) => {
      if (call?.state === 'connecting' || call?.state === 'connected')
        call.fail(error, reused && call.state === 'connected');
    }),
  ),
  fc.tuple(which, status, retryAfter).map(([at, said_, wait]) =>
    onRequest(`responds with ${said_}, retry-after ${wait}`, at, ({ call }) => {
      if (call === undefined) return;
      headOf(call, said_, wait === null ? JSON_TYPE : { ...JSON_TYPE, 'retry-after': wait });
      if (call.state === 'responding') call.end();
    }),
  ),
  onCall('sends a head and nothing else', (call) => headOf(call, 200, EVENTS)),
  onCall('sends a role', (call) => {
    headOf(call, 200, EVENTS);
    say(call, ROLE);
  }),
  onCall('sends a comment', (call) => say(call, ': working\n\n')),
  onCall('sends an error', (call) => say(call, 'data: {"error":{"message":"no","type":"server_error"}}\n\n')),
  onCall('sends junk', (call) => say(call, 'data: {"choices":[{\n\n')),
  onCall('ends', (call) => void (call.state === 'responding' && call.end())),
  onCall('is cut', (call) => void (call.state === 'responding' && call.cut())),
];

const world = [
  which.map((at) => onRequest('client disconnects', at, (request) => request.disconnect())),
  which.map((at) => onRequest('client stops reading', at, ({ sink }) => void (sink.blocked = true))),
  which.map((at) => onRequest('client reads on', at, ({ sink }) => sink.unblock())),
  fc.constantFrom(20, 300, 2_000, 6_000).map((ms) => new Step(`${ms} ms pass`, (real) => real.advance(ms))),
  fc.constantFrom(12_000, 31_000).map((ms) => new Step(`${ms} ms pass`, (real) => real.advance(ms))),
  fc.constantFrom(-3_600_000, 3_600_000).map((ms) => new Step(`the clock jumps`, ({ clock }) => clock.jumpWall(ms))),
  fc.nat(2).map(
    (at) =>
      new Step(`breaker of p${at} opens`, ({ endpointStates, endpoints }) => {
        for (let call = 0; call < 5; call++) {
          endpointStates
            .begin(`p${at}`, endpointStates.of(endpoints[at]!, false))
            .fail(new UpstreamFailure('reset'), `tenant-${call}`);
        }
      }),
  ),
  fc.constant(
    new Step('the budget is used up', ({ endpointStates }) => {
      const budget = endpointStates.budgetOf('m');
      while (budget.take(1));
    }),
  ),
];

const sends = fc
  .record({ stream: fc.boolean(), candidates: fc.integer({ min: 1, max: 3 }) })
  .map(
    ({ stream, candidates }) =>
      new Step(`post(stream: ${stream}, ${candidates})`, (real) =>
        real.requests.length < 8 ? real.post(stream, candidates) : undefined,
      ),
  );

/** Mostly well, often badly, now and then something else: else nothing would ever come to its end. */
const steps = [sends, sends, ...good, ...good, ...good, ...bad, ...bad, ...world];

/** What must hold at every moment. */
function expectInvariants({ requests: all, clock, endpoints, endpointStates }: World): void {
  for (const request of all) {
    const { sink, calls, context } = request;
    // Bytes in their order, and of one response only.
    expect(sink.faults).toEqual([]);
    expect(sink.sources.size).toBeLessThanOrEqual(1);
    expect(sink.written.filter((what) => what === 'open' || what === 'json').length).toBeLessThanOrEqual(1);
    // One call at a time.
    expect(calls.filter((call) => !call.over && call.live).length).toBeLessThanOrEqual(1);
    expect(context.attempts.length).toBeLessThanOrEqual(MAX_ATTEMPTS);
    // A kept connection that had been closed is repeated without being counted: once an attempt at most.
    expect(calls.length).toBeLessThanOrEqual(2 * context.attempts.length);
    // No time beyond what was allowed, but for a client that reads nothing.
    if (!request.settled && !sink.blocked) expect(clock.now()).toBeLessThanOrEqual(request.deadline + 1_000);
    if (request.disconnected) {
      expect(request.settled).toBe(true);
      expect(calls.filter((call) => call.live)).toEqual([]);
    }
    if (request.settled) expectEnded(request);
  }
  const atWork = all.filter(({ settled }) => !settled).length;
  for (const endpoint of endpoints) {
    const inFlight = endpointStates.status(endpoint.id)?.inFlight ?? 0;
    expect(inFlight).toBeGreaterThanOrEqual(0);
    expect(inFlight).toBeLessThanOrEqual(atWork);
  }
  const { tokens } = endpointStates.budgetOf('m');
  expect(tokens).toBeGreaterThanOrEqual(0);
  expect(tokens).toBeLessThanOrEqual(500);
}

/** Every attempt ended in exactly one way, and the client got exactly one result. */
function expectEnded({ sink, context, disconnected, error, calls }: SentRequest): void {
  const outcomes = context.attempts.map(({ outcome }) => outcome);
  expect(outcomes).not.toContain('pending');
  expect(outcomes.slice(0, -1)).not.toContain('ok');
  if (!disconnected) expect(sink.ended).toBe(true);
  if (sink.written.at(-1) === 'done' || sink.written.at(-1) === 'json') expect(outcomes.at(-1)).toBe('ok');
  if (error !== undefined && !disconnected) expect(sink.written).toEqual(['fail']);
  // Of those that were given up nothing goes on; of the others a short rest may still be read for the connection.
  if (disconnected) expect(calls.filter((call) => call.live)).toEqual([]);
}

/** In the end no request waits, nothing runs, and the budget matches the attempts. */
async function expectQuiet(real: World): Promise<void> {
  for (const request of real.requests) if (!request.settled && request.sink.blocked) request.sink.unblock();
  await real.settle();
  await real.advance(70_000);
  expectInvariants(real);
  expect(real.requests.filter(({ settled }) => !settled)).toEqual([]);
  expect(real.transport.calls.filter((call) => !call.over)).toEqual([]);
  expect(real.clock.pending.size).toBe(0);
  for (const endpoint of real.endpoints) {
    expect(real.endpointStates.status(endpoint.id)?.inFlight ?? 0).toBe(0);
    expect(real.endpointStates.hasCapacity(endpoint.provider.slug)).toBe(true);
  }
}

describe('the failover of many requests, whatever happens to them', () => {
  it('keeps what it promises after every step', async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands(steps, { maxCommands: 40, size: 'max' }), fc.nat(1_000), async (commands, seed) => {
        const world = new World(seed);
        await world.post(seed % 2 === 0, 1 + (seed % 3));
        await fc.asyncModelRun(() => ({ model: {}, real: world }), commands);
        await expectQuiet(world);
      }),
      { numRuns: 400 },
    );
  }, 120_000);

  it('calls no provider that has become full during the pause', async () => {
    const roomForOne = 3;
    const world = new World(roomForOne);
    await world.post(false, 1);
    await world.post(false, 2);
    const hosts = (): string[] => world.transport.calls.filter(({ live }) => live).map(({ host }) => host);
    expect(hosts()).toEqual(['p0', 'p1']);
    // Both see the place that the first one frees, and pause.
    for (const request of world.requests) await suffer(request, '500', world);
    expect(hosts()).toEqual([]);
    await world.advance(100);
    expect(hosts().filter((host) => host === 'p0')).toHaveLength(1);
    await expectQuiet(world);
  });

  it('spends, returns and earns tokens by the outcomes of its attempts', async () => {
    const fates = fc.array(fc.constantFrom('refused', 'reset', '500', 'ok', 'aborted', 'aborted in a pause'), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fates, { minLength: 1, maxLength: 12 }), fc.nat(1_000), async (requests, seed) => {
        const world = new World(seed);
        const budget = world.endpointStates.budgetOf('m');
        let tokens = budget.tokens;
        for (const [number, fate] of requests.entries()) {
          await world.post(false, 2);
          const request = world.requests[number]!;
          for (const step of fate) await suffer(request, step, world);
          while (!request.settled) await suffer(request, 'ok', world);
          tokens = Math.min(500, tokens + gainOf(request));
          expect(budget.tokens).toBe(tokens);
        }
      }),
      { numRuns: 100 },
    );
  }, 60_000);
});

/** Lets the next call of a request come to `fate`. */
async function suffer(request: SentRequest, fate: string, world: World): Promise<void> {
  if (fate === 'aborted in a pause' && request.call === undefined && !request.settled) request.disconnect();
  await world.settle();
  for (let waited = 0; request.call === undefined && !request.settled && waited < 20; waited++)
    await world.advance(500);
  const { call } = request;
  if (call === undefined || request.settled) return;
  if (fate.startsWith('aborted')) request.disconnect();
  else if (fate === 'refused') call.fail('ECONNREFUSED', false);
  else {
    call.connect();
    if (fate === 'reset') call.fail('ECONNRESET', false);
    else {
      call.respond(fate === 'ok' ? 200 : 500, { 'content-type': 'application/json' });
      const choice = { index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' };
      call.say(fate === 'ok' ? JSON.stringify({ choices: [choice] }) : '{}');
      call.end();
    }
  }
  await world.settle();
}

/** What a request brought or cost: every attempt after the first has its price, and a response gives all of it back. */
function gainOf({ context: { attempts } }: SentRequest): number {
  if (attempts.at(-1)?.outcome === 'ok') return attempts.length === 1 ? 1 : 0;
  const costs = attempts.slice(1).map(({ slug }, index): number => {
    return attempts.slice(0, index + 1).some((earlier) => earlier.slug === slug) ? RETRY_COST : FALLBACK_COST;
  });
  return -costs.reduce((sum, cost) => sum + cost, 0);
}
