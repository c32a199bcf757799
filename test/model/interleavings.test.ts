import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { RespondingCall } from './responding-transport.js';
import { InterleavedWorld, type Fate, type WorldOptions } from './interleaved-world.js';
import { MAX_ATTEMPTS } from './many-requests.js';

/** The model is empty: what must hold is the same in every order of events, and looked at after each. */
type Command = fc.AsyncCommand<object, InterleavedWorld>;

let world: InterleavedWorld | undefined;

function command(name: string, act: (world: InterleavedWorld) => void | Promise<void>): Command {
  return { check: () => true, run: async (_model, real) => act(real), toString: () => name };
}

const chunk = (choice: object): string => `data: ${JSON.stringify({ choices: [{ index: 0, ...choice }] })}\n\n`;
const said = (call: RespondingCall): string =>
  chunk({ delta: { content: `call-${call.number} ` }, finish_reason: null });
const EVENTS = { 'content-type': 'text/event-stream' };
const JSON_TYPE = { 'content-type': 'application/json' };

const connect = (call: RespondingCall): void => call.connect();
const begin = (call: RespondingCall): void => call.respond(200, EVENTS);
const speak = (call: RespondingCall): void => call.say(said(call));
const finish = (call: RespondingCall): void =>
  call.say(`${chunk({ delta: {}, finish_reason: 'stop' })}data: [DONE]\n\n`);
const end = (call: RespondingCall): void => call.end();
const cut = (call: RespondingCall): void => call.cut();
const fail =
  (code: string, reused = false) =>
  (call: RespondingCall): void =>
    call.fail(code, reused);
const refuse =
  (status: number, headers: Readonly<Record<string, string>> = {}) =>
  (call: RespondingCall): void =>
    call.respond(status, { ...JSON_TYPE, ...headers });
const tellWhole = (call: RespondingCall): void => {
  const message = { role: 'assistant', content: `call-${call.number} ` };
  call.respond(200, JSON_TYPE);
  call.say(JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'stop' }] }));
};

/** Each step of a fate may come before or after anything else that goes on. */
const FATES: Readonly<Record<string, Fate>> = {
  stream: [connect, begin, speak, speak, finish, end],
  whole: [connect, tellWhole, end],
  refused: [fail('ECONNREFUSED')],
  reset: [connect, fail('ECONNRESET')],
  stale: [connect, fail('ECONNRESET', true)],
  '500': [connect, refuse(500), end],
  '429': [connect, refuse(429), end],
  '503 for a second': [connect, refuse(503, { 'retry-after': '1' }), end],
  '401': [connect, refuse(401), end],
  '400': [connect, refuse(400), end],
  'cut before a word': [connect, begin, cut],
  'cut after a word': [connect, begin, speak, cut],
  'hanging after a word': [connect, begin, speak],
  hanging: [connect],
};
const wellNow = fc.constantFrom('stream', 'whole');
const fates = fc.array(fc.oneof(wellNow, fc.constantFrom(...Object.keys(FATES))), { minLength: 3, maxLength: 9 });

const sends = fc
  .record({ stream: fc.boolean(), candidates: fc.integer({ min: 1, max: 3 }), first: fc.nat(2) })
  .map(({ stream, candidates, first }) =>
    command(`post(stream: ${stream}, ${candidates} from p${first})`, (real) => real.post(stream, candidates, first)),
  );
const onClient = (name: string, act: (real: InterleavedWorld, client: InterleavedWorld['clients'][number]) => void) =>
  fc.nat(5).map((at) =>
    command(`client ${at} ${name}`, (real) => {
      const client = real.clients[at];
      if (client !== undefined && !client.disconnected && !client.sink.ended) act(real, client);
    }),
  );
const disconnects = onClient('disconnects', (real, client) => real.disconnect(client));
const others = [
  disconnects,
  onClient('reads no more', (_real, { sink }) => void (sink.blocked = true)),
  onClient('reads on', (_real, { sink }) => sink.unblock()),
  fc.nat(2).map((at) => command(`the breaker of p${at} opens`, (real) => real.openBreaker(at))),
  fc
    .constantFrom(1_500, 6_000, 31_000)
    .map((ms) => command(`${ms} ms pass`, async ({ clock }) => clock.advanceAsync(ms))),
  fc
    .constantFrom(3_000, 40_000)
    .map((ms) => command(`the loop stands still for ${ms} ms`, ({ clock }) => clock.stall(ms))),
  fc
    .constantFrom(-3_600_000, 3_600_000)
    .map((ms) => command('the wall clock jumps', ({ clock }) => clock.jumpWall(ms))),
  fc.constant(
    command('the budget is used up', ({ endpointStates }) => {
      const budget = endpointStates.budgetOf('m');
      while (budget.take(1));
    }),
  ),
];
const drains = fc
  .record({ timeoutMs: fc.constantFrom(1_000, 10_000), delayMs: fc.constantFrom(undefined, 700) })
  .map((options) => command(`drain(${JSON.stringify(options)})`, (real) => real.drain(options)));

/** What must hold at every moment. */
function expectInvariants(real: InterleavedWorld): void {
  const { clients, endpoints, endpointStates, room } = real;
  expect(real.broken).toEqual([]);
  for (const client of clients) {
    const { sink, context, working, disconnected, late } = client;
    expect(sink.faults).toEqual([]);
    expect(sink.sources.size, 'responses in one').toBeLessThanOrEqual(1);
    expect(context.attempts.length).toBeLessThanOrEqual(MAX_ATTEMPTS);
    if (late) expect(context.attempts).toEqual([]);
    if (disconnected) {
      expect(working, 'work without a client').toBe(false);
      expect(context.attempts).toHaveLength(client.triesAtDisconnect);
      const became = client.openAtDisconnect.map(({ outcome }) => outcome);
      expect(new Set([...became, 'cancelled']), 'a disconnect is no failure of an endpoint').toEqual(
        new Set(['cancelled']),
      );
      expect(real.callsOf(client).filter(({ held }) => held)).toEqual([]);
    }
    if (working || disconnected) continue;
    expect(sink.ended, 'a last word').toBe(true);
    // What follows a whole response may still be read, so that the connection can be kept.
    if (sink.written.at(-1) === 'fail') expect(real.callsOf(client).filter(({ held }) => held)).toEqual([]);
  }
  expect(endpointStates.visits.filter(({ endings }) => endings > 1)).toEqual([]);
  for (const endpoint of endpoints) {
    const { slug } = endpoint.provider;
    const { breaker, inFlight } = endpointStates.of(endpoint, false);
    expect(inFlight).toBe(endpointStates.open(slug));
    expect(inFlight, `calls at ${slug}`).toBeLessThanOrEqual(room);
    expect(endpointStates.hasCapacity(slug)).toBe(inFlight < room);
    if (inFlight === 0) expect(breaker.probing, `a probe of ${slug} without an attempt`).toBe(false);
  }
  if (real.drains.some(({ done }) => done)) expect(clients.filter(({ working }) => working)).toEqual([]);
  const { tokens } = endpointStates.budgetOf('m');
  expect(tokens).toBeGreaterThanOrEqual(0);
  expect(tokens).toBeLessThanOrEqual(500);
}

/** In the end nothing is in flight. */
function expectQuiet(real: InterleavedWorld): void {
  expectInvariants(real);
  expect(real.quiet).toBe(true);
  expect(real.transport.calls.filter(({ over }) => !over)).toEqual([]);
  expect(real.endpointStates.visits.filter(({ endings }) => endings !== 1)).toEqual([]);
  expect(real.admission.inFlight).toBe(0);
  for (const { context, sink, disconnected } of real.clients) {
    const outcomes = context.attempts.map(({ outcome }) => outcome);
    expect(outcomes).not.toContain('pending');
    // Only of two concurrent attempts the earlier one may have responded.
    if (!real.hedged || outcomes.length !== 2) expect(outcomes.slice(0, -1)).not.toContain('ok');
    expect(outcomes.filter((outcome) => outcome === 'ok').length).toBeLessThanOrEqual(1);
    if (!disconnected) expect(['json', 'done', 'fail']).toContain(sink.written.at(-1));
  }
}

/** Whatever could run has run, and everything holds. */
async function act(go: () => Promise<unknown>): Promise<void> {
  await go();
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  if (world !== undefined) expectInvariants(world);
}

async function explore(
  scheduler: fc.Scheduler,
  commands: Iterable<Command>,
  options: Omit<WorldOptions, 'fates'> & { fates: readonly string[] },
): Promise<void> {
  world = undefined;
  const setup = (): { model: object; real: InterleavedWorld } => {
    world = new InterleavedWorld(scheduler, { ...options, fates: options.fates.map((name) => FATES[name]!) });
    return { model: {}, real: world };
  };
  await fc.scheduledModelRun(scheduler, setup, commands);
  await world!.finish();
  expectQuiet(world!);
}

const options = fc.record({
  fates,
  room: fc.integer({ min: 1, max: 4 }),
  seed: fc.nat(1_000),
  hedgeAfterMs: fc.constantFrom(undefined, 400),
});

it.each([
  ['requests, faults and clients', [sends, sends, sends, ...others], 120],
  ['a drain in the middle', [sends, sends, sends, sends, disconnects, drains], 80],
])(
  'keeps what it promises in every order of events: %s',
  async (_about, steps, numRuns) => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler({ act }), fc.commands(steps, { maxCommands: 24, size: 'max' }), options, explore),
      { numRuns },
    );
  },
  120_000,
);
