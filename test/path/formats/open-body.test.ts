import { describe, expect, it } from 'vitest';
import { sse, type Script, type StreamEnding } from '../../../src/testing/index.js';
import { readResponse } from '../../support/client-view.js';
import { FakeClock } from '../../support/fake-clock.js';
import { gatewayOver, upstreamFor } from '../fixtures.js';
import { NATIVE, providerAt } from './wires.js';

/** Gemini has no last event: a body that stays open after its finish reason is judged by its content. */
const GEMINI = NATIVE.find(({ name }) => name === 'gemini')!;
const USAGE = { promptTokenCount: 4, candidatesTokenCount: 2, totalTokenCount: 6 };
/** Short enough for a test, long enough for a busy machine. */
const SHORT = { connectMs: 400, headersMs: 400, firstChunkMs: 400, idleMs: 400 };

const candidate = (text: string, finishReason?: string, index = 0): object => ({
  index,
  ...(text !== '' && { content: { parts: [{ text }] } }),
  ...(finishReason !== undefined && { finishReason }),
});
const response = (...candidates: object[]): object => ({ candidates, usageMetadata: USAGE });
const uncounted = (...candidates: object[]): object => ({ candidates });

async function read(script: Script, body: object = {}) {
  const upstream = await upstreamFor(script);
  const { post } = await gatewayOver([upstream], {
    providers: { p0: providerAt(upstream, GEMINI) },
    timeouts: SHORT,
    maxAttempts: 1,
  });
  return readResponse(await post({ stream: true, ...body }), true);
}

describe('a Gemini stream whose body stays open', () => {
  it.each<[string, object[]]>([
    ['beside the last text', [response(candidate('Said ')), response(candidate('in full.', 'STOP'))]],
    ['after the last text', [response(candidate('Said in full.')), response(candidate('', 'STOP'))]],
    [
      'for each candidate',
      [
        response(candidate('Said '), candidate('No', undefined, 1)),
        response(candidate('in full.', 'STOP')),
        response(candidate('.', 'STOP', 1)),
      ],
    ],
  ])('is complete with a finish reason %s', async (_where, events) => {
    const view = await read(sse(events, { end: 'hang' }), { stream_options: { include_usage: true } });
    expect(view.done).toBe(true);
    expect(view.text.replace('No.', '')).toMatch(/^Said (No)?in full\.\.?$/);
    expect(view.chunks.at(-1)).toMatchObject({ usage: { total_tokens: 6 } });
  });

  it.each<[string, object[], StreamEnding]>([
    ['in each response', [response(candidate('Said ', 'STOP')), response(candidate('in', 'STOP'))], 'hang'],
    ['in the only response', [response(candidate('Said in', 'STOP'))], 'hang'],
    ['before more text', [response(candidate('a')), response(candidate('', 'STOP')), response(candidate('b'))], 'hang'],
    [
      'for one of two candidates',
      [response(candidate('a'), candidate('b', undefined, 1)), response(candidate('', 'STOP'))],
      'hang',
    ],
    ['without usage', [uncounted(candidate('a')), uncounted(candidate('', 'STOP'))], 'hang'],
    ['and a reset', [response(candidate('a')), response(candidate('', 'STOP'))], 'reset'],
  ])('is cut off with a finish reason %s', async (_where, events, end) => {
    const view = await read(sse(events, { end }));
    expect(view.done).toBe(false);
    expect(view.raw).toContain('"error"');
  });

  it('is waited for half a minute, not for the idle timeout', async () => {
    const clock = new FakeClock();
    const events = [response(candidate('Said ')), response(candidate('in full.', 'STOP'))];
    const upstream = await upstreamFor({ script: sse(events, { end: 'hang' }), clock });
    const { post } = await gatewayOver([upstream], {
      providers: { p0: providerAt(upstream, GEMINI) },
      timeouts: { idleMs: 600_000 },
      clock,
    });
    const before = clock.now();
    const pending = post({ stream: true }).then((streamed) => readResponse(streamed, true));
    let isOver = false;
    void pending.finally(() => (isOver = true));
    while (!isOver) {
      await clock.advanceAsync(1_000);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(await pending).toMatchObject({ done: true, text: 'Said in full.' });
    expect(clock.now() - before).toBeLessThan(50_000);
  });
});
