import { expect, it } from 'vitest';
import type { OutputGuard } from '../../src/index.js';
import { sse } from '../../src/testing/index.js';
import { chunk, world } from './support.js';

const pass = (guard: Partial<OutputGuard> = {}): OutputGuard => ({
  name: 'g',
  onError: 'closed',
  check: () => 'pass',
  ...guard,
});
const large = 'x'.repeat(64 * 1024);

it('a text that is too long for a whole check fails as the guard is configured', async () => {
  for (const [onError, status] of [
    ['closed', 503],
    ['open', 200],
  ] as const) {
    const { upstream, post } = await world({
      hooks: { onHookError: () => undefined },
      guards: { output: [pass({ mode: 'whole', onError })] },
    });
    const events = Array.from({ length: 18 }, () => chunk({ content: large }));
    upstream.enqueue(sse([...events, chunk({}, 0, 'stop'), '[DONE]']));
    const received = await post({ stream: true });
    expect(received.status).toBe(status);
    if (onError === 'open') expect(received.completion.choices[0]!.message!.content).toHaveLength(18 * large.length);
  }
});

it('a response that holds back too much in all is refused', async () => {
  const { upstream, post } = await world({ guards: { output: [pass({ mode: 'whole' })] } });
  const events = Array.from({ length: 140 }, (_, index) => chunk({ content: large }, index % 14));
  upstream.enqueue(sse([...events, ...Array.from({ length: 14 }, (_, choice) => chunk({}, choice, 'stop')), '[DONE]']));
  expect((await post({ stream: true, n: 14 })).error?.code).toBe('guard_unavailable');
});

it('a response with too many parts is refused', async () => {
  const { upstream, post } = await world({ guards: { output: [pass()] } });
  const delta = (index: number) =>
    Object.fromEntries(Array.from({ length: 100 }, (_, key) => [`m${index}_${key}`, 'x']));
  upstream.enqueue(
    sse([...Array.from({ length: 30 }, (_, index) => chunk(delta(index))), chunk({}, 0, 'stop'), '[DONE]']),
  );
  expect((await post({ stream: true })).error?.code).toBe('guard_unavailable');
});

it('a response that is nested too deep is refused, whole and streamed', async () => {
  const { upstream, post } = await world({ guards: { output: [pass()] } });
  let deep: unknown = 'secret';
  for (let depth = 0; depth < 40; depth++) deep = { deep };
  upstream.enqueue(sse([chunk({ content: 'a', odd: deep }), chunk({}, 0, 'stop'), '[DONE]']));
  const { error, raw } = await post({ stream: true });
  expect([error?.code, raw.includes('secret')]).toEqual(['guard_unavailable', false]);
});
