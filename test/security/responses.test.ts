import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, hostileHeads, raw, type HostileHead } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor, type Set } from '../path/fixtures.js';
import { collectSse, contentOf } from '../support/read-sse.js';

const SHORT = { connectMs: 300, headersMs: 300, firstChunkMs: 300, idleMs: 300 };
/** What a response may carry: ours, and Node's framing. */
const ALLOWED: ReadonlySet<string> = new Set([
  'cache-control',
  'connection',
  'content-length',
  'content-type',
  'date',
  'keep-alive',
  'retry-after',
  'retry-after-ms',
  'server-timing',
  'transfer-encoding',
  'x-accel-buffering',
  'x-nordlys-attempts',
  'x-nordlys-model',
  'x-nordlys-provider',
  'x-request-id',
  'x-should-retry',
]);

const uncaught: unknown[] = [];
const note = (thrown: unknown): void => void uncaught.push(thrown);
beforeAll(() => void process.on('uncaughtException', note).on('unhandledRejection', note));
afterAll(() => {
  process.off('uncaughtException', note).off('unhandledRejection', note);
  expect(uncaught).toEqual([]);
});

/** An error in JSON, or a response whose every byte we made: nothing in between. */
async function readResponse(response: Response): Promise<{ status: number; text: string }> {
  for (const name of response.headers.keys()) expect(ALLOWED).toContain(name);
  expect(response.statusText).not.toMatch(/[^\x20-\x7e]/);
  const type = response.headers.get('content-type');
  if (response.status !== 200) {
    expect(type).toMatch(/^application\/json/);
    expect(await response.json()).toHaveProperty('error.message');
    return { status: response.status, text: '' };
  }
  if (type === 'application/json') {
    const body = (await response.json()) as { choices: [{ message: { content: string } }] };
    return { status: 200, text: body.choices[0].message.content };
  }
  const { payloads, error } = await collectSse(response);
  expect(error).toBeUndefined();
  return { status: payloads.at(-1) === '[DONE]' ? 200 : 502, text: contentOf(payloads.slice(0, -1)) };
}

describe.each([false, true])('a response that no correct upstream sends (stream: %s)', (stream) => {
  async function through(row: HostileHead): Promise<Set & { response: { status: number; text: string } }> {
    const upstream = await upstreamFor(row.script);
    const set = await gatewayOver([upstream], { maxAttempts: 1, timeouts: SHORT });
    return { ...set, response: await readResponse(await set.post({ stream })) };
  }

  it.each(hostileHeads.map((row) => [row.name, row] as const))('%s', async (_name, row) => {
    const { response, upstreams, post, gateway } = await through(row);
    if (row.expect === 'error') expect(response.status).toBeGreaterThanOrEqual(400);
    if (row.expect === 'response') expect(response).toEqual({ status: 200, text: 'Sound.' });
    if (response.status === 200) expect(response.text).toBe('Sound.');
    // Nothing of it reaches the next request.
    upstreams[0]!.always(chat('next'));
    expect(await readResponse(await post({ stream }))).toEqual({ status: 200, text: 'next' });
    await expect.poll(() => gateway.status().inFlight).toBe(0);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

it('the corpus with a few bytes changed is handled safely as well', async () => {
  const rows = hostileHeads.filter(({ end, unrequested }) => end !== 'hang' && !unrequested);
  let pieces: readonly (string | Uint8Array | number)[] = [];
  const upstream = await upstreamFor(() => raw(pieces));
  const { post, gateway } = await gatewayOver([upstream], { maxAttempts: 1, timeouts: SHORT });
  const mutation = fc.record({
    row: fc.constantFrom(...rows),
    at: fc.array(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(255)), { minLength: 1, maxLength: 4 }),
    stream: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(mutation, async ({ row, at, stream }) => {
      const whole = Buffer.concat(
        row.bytes.filter((piece) => typeof piece !== 'number').map((piece) => Buffer.from(piece as string)),
      );
      for (const [where, value] of at) if (whole.length > 0) whole[Math.floor(where * whole.length)] = value;
      pieces = [whole];
      await readResponse(await post({ stream }));
      expect(uncaught).toEqual([]);
    }),
    { numRuns: 300 },
  );
  await expect.poll(() => gateway.status()).toMatchObject({ inFlight: 0, sockets: { active: 0 } });
}, 60_000);

describe('a body that is JSON and nothing else of what it should be', () => {
  const members = ['id', 'choices', 'index', 'delta', 'message', 'content', 'tool_calls', 'function', 'arguments'];
  const more = ['finish_reason', 'logprobs', 'audio', 'usage', 'error', 'type', 'code', '__proto__', 'constructor'];
  const { node } = fc.letrec<{ node: unknown }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(null, true, 0, -1, 1e308, '', 'x', 'stop', 'error', '[DONE]'),
      fc.array(tie('node'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...members, ...more), tie('node'), { maxKeys: 4 }),
    ),
  }));
  const choice = fc.record(
    {
      index: fc.oneof(fc.constant(0), node),
      delta: node,
      message: node,
      finish_reason: fc.oneof(fc.constant('stop'), node),
    },
    { requiredKeys: [] },
  );
  const choices = fc.oneof(fc.array(fc.oneof(choice, node), { maxLength: 3 }), node);
  const chunk = fc.record({ id: node, choices, usage: node, model: node, error: node }, { requiredKeys: ['choices'] });

  it('is a response or an error, never the end of the process', async () => {
    let bytes = '';
    const upstream = await upstreamFor(() => raw(bytes));
    const { post } = await gatewayOver([upstream], { maxAttempts: 1, timeouts: SHORT });
    const head = (type: string): string => `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\nconnection: close\r\n\r\n`;
    await fc.assert(
      fc.asyncProperty(
        fc.array(chunk, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        fc.boolean(),
        async (chunks, events, stream) => {
          bytes = events
            ? head('text/event-stream') + chunks.map((one) => `data: ${JSON.stringify(one)}\n\n`).join('')
            : head('application/json') + JSON.stringify(chunks[0]);
          const response = await post({ stream });
          expect([200, 400, 401, 402, 403, 404, 408, 413, 429, 502, 503, 504]).toContain(response.status);
          const { payloads, error } = await collectSse(response);
          expect(error).toBeUndefined();
          for (const payload of payloads) if (payload !== '[DONE]') JSON.parse(payload);
          expect(uncaught).toEqual([]);
        },
      ),
      { numRuns: 500 },
    );
  }, 60_000);
});
