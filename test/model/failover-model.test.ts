import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FailoverRun } from './failover-run.js';

/** The model is empty: what must hold is the same in every state, and `FailoverRun` checks it after every step. */
type Command = fc.AsyncCommand<object, FailoverRun>;

function command(name: string, act: (run: FailoverRun) => void): Command {
  return {
    check: () => true,
    async run(_model, run) {
      act(run);
      await run.settle();
      run.check();
    },
    toString: () => name,
  };
}

const chunk = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const whole = JSON.stringify({
  id: 'c',
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content: 'whole' }, finish_reason: 'stop' }],
});

type Saying = [text: string, means: { hasContent?: boolean; finished?: boolean }];
/** What an upstream may send, and its effect for a client. */
const SAYINGS = {
  role: [chunk({ role: 'assistant', content: '' }), {}],
  content: [chunk({ content: 'word ' }), { hasContent: true }],
  finish: [chunk({}, 'stop'), { hasContent: true, finished: true }],
  doneMark: ['data: [DONE]\n\n', { finished: true }],
  error: ['data: {"error":{"message":"no"}}\n\n', {}],
  comment: [': still here\n\n', {}],
  junk: ['data: {"choices":[\n\n', {}],
  half: ['data: {"choi', {}],
  whole: [whole, { hasContent: true, finished: true }],
} satisfies Record<string, Saying>;

const upstreamSays = (saying: keyof typeof SAYINGS): Command =>
  command(saying, ({ transport }) => transport.call?.say(...(SAYINGS[saying] as Saying)));
const types = fc.constantFrom('text/event-stream', 'application/json');
const statuses = fc.constantFrom(200, 200, 200, 200, 400, 404, 409, 429, 500, 503);
const goodHead = types.map((type) => command(`head 200 ${type}`, ({ transport }) => transport.call?.head(200, type)));

const upstream = [
  fc.constant(command('connect', ({ transport }) => transport.call?.connect())),
  fc
    .tuple(statuses, types)
    .map(([status, type]) => command(`head ${status} ${type}`, ({ transport }) => transport.call?.head(status, type))),
  goodHead,
  fc.constantFrom('role', 'content', 'content', 'content').map((saying) => upstreamSays(saying as 'role' | 'content')),
  fc.constantFrom(...Object.keys(SAYINGS)).map((saying) => upstreamSays(saying as keyof typeof SAYINGS)),
  fc.constant(command('end', ({ transport }) => transport.call?.end())),
  fc.boolean().map((reused) => command(`reset (${reused})`, ({ transport }) => transport.call?.reset(reused))),
];
const world = [
  fc.oneof(fc.nat(100), fc.nat(6_000)).map((ms) => command(`${ms} ms`, ({ clock }) => clock.advance(ms))),
  fc.constant(command('the client reads no more', (run) => (run.blocked = true))),
  fc.constant(command('the client reads on', (run) => run.drain())),
];
const disconnect = fc.constant(command('the client disconnects', (run) => run.disconnect()));

it.each([
  ['an upstream that does what it likes', [...upstream, ...upstream, ...world]],
  ['a client that may disconnect at any moment', [...upstream, ...upstream, ...world, disconnect]],
  ['a slow world', [...upstream, ...world, ...world]],
])('one attempt at a time, one response at most, and a correct end: %s', async (_about, commands) => {
  await fc.assert(
    fc.asyncProperty(fc.boolean(), fc.commands(commands, { maxCommands: 40, size: 'max' }), async (stream, steps) => {
      const run = new FailoverRun(stream);
      await fc.asyncModelRun(() => ({ model: {}, real: run }), steps);
      await run.finish();
    }),
    { numRuns: 400 },
  );
});

it.each([true, false])('the same commands reach a response, a fallback and a failure (stream: %s)', async (stream) => {
  const type = 'text/event-stream';
  const run = new FailoverRun(stream);
  await run.settle();
  run.transport.call?.head(503, type);
  run.transport.call?.end();
  await run.settle();
  run.clock.advance(25);
  await run.settle();
  expect(run.transport.calls).toHaveLength(2);
  run.transport.call?.head(200, type);
  for (const saying of ['role', 'content', 'finish', 'doneMark'] as const)
    run.transport.call?.say(...(SAYINGS[saying] as Saying));
  run.transport.call?.end();
  await run.settle();
  await run.finish();
  expect(run.written).toEqual(stream ? ['open', 'done'] : ['json']);
});
