import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { blockPatterns, type GuardVerdict, type InputGuard, type OutputGuard } from '../../src/index.js';
import { completion, hang, sse, stream } from '../../src/testing/index.js';
import { FakeClock } from '../support/fake-clock.js';
import { rawPost, rawRequest } from '../support/raw-request.js';
import { chunk, deferred, world } from './support.js';

const BLOCK = { block: true, code: 'policy', message: 'Not here.' } as const;

/** A guard whose verdict the test gives. */
function pendingGuard() {
  const called = deferred<AbortSignal>();
  const verdict = deferred<GuardVerdict>();
  const check = (_: unknown, { signal }: { signal: AbortSignal }): Promise<GuardVerdict> => {
    called.resolve(signal);
    return verdict.promise;
  };
  return { check, called: called.promise, give: verdict.resolve, fail: verdict.reject };
}

const input = (guard: Partial<InputGuard>): InputGuard => ({
  name: 'g',
  onError: 'closed',
  check: () => 'pass',
  ...guard,
});
const output = (guard: Partial<OutputGuard>): OutputGuard => ({
  name: 'g',
  onError: 'closed',
  check: () => 'pass',
  ...guard,
});
const words = (...texts: string[]) =>
  sse([...texts.map((content) => chunk({ content })), chunk({}, 0, 'stop'), '[DONE]']);

/** Requests that are served while another one waits: what that one was sent before has arrived by then. */
async function others(port: number): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await rawRequest(port, 'GET /v1/models HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer test-key\r\n\r\n');
  }
}

describe('a guard of the prompt', () => {
  it('blocks before any upstream is called', async () => {
    const { upstream, post } = await world({
      guards: { input: [input({ check: ({ text }) => (text.includes('bad') ? BLOCK : 'pass') })] },
    });
    const { status, error, headers } = await post({
      messages: [
        { role: 'user', content: 'ok' },
        { role: 'user', content: [{ type: 'text', text: 'bad' }] },
      ],
    });
    expect([status, error]).toEqual([
      400,
      { message: 'Not here.', type: 'invalid_request_error', param: 'messages[1].content[0].text', code: 'policy' },
    ]);
    expect(headers['x-should-retry']).toBe('false');
    expect(upstream.ledger).toHaveLength(0);
  });

  it('replaces texts, each guard on the result of the one before it', async () => {
    const { upstream, post } = await world({
      guards: {
        input: [
          input({ name: 'a', check: async ({ text }) => ({ replace: `${text}1` }) }),
          input({ name: 'b', surfaces: ['user'], check: ({ text }) => ({ replace: `${text}2` }) }),
        ],
      },
    });
    await post({
      messages: [
        { role: 'system', content: 's' },
        ...Array.from({ length: 20 }, (_, i) => ({ role: 'user', content: `u${i} ` })),
      ],
    });
    const sent = (upstream.ledger[0]!.json as { messages: { content: string }[] }).messages.map(
      ({ content }) => content,
    );
    expect(sent).toEqual(['s1', ...Array.from({ length: 20 }, (_, i) => `u${i} 12`)]);
  });

  it('is called once for all texts if configured so', async () => {
    const seen: string[] = [];
    const { post } = await world({
      guards: {
        input: [input({ scope: 'request', check: ({ text, path }) => (seen.push(`${path}: ${text}`), 'pass') })],
      },
    });
    await post({
      messages: [
        { role: 'system', content: 'a' },
        { role: 'user', content: 'b' },
      ],
    });
    expect(seen).toEqual(['messages: a\n\nb']);
  });

  it.each(['hangs', 'throws', 'rejects', 'returns no verdict', 'resolves to none', 'replaces beside'])(
    'that %s fails as configured',
    async (how) => {
      for (const [onError, mode] of [
        ['open', 'before'],
        ['closed', 'before'],
        ['open', 'beside'],
        ['closed', 'beside'],
      ] as const) {
        if (how === 'replaces beside' && mode === 'before') continue;
        const clock = new FakeClock();
        const called = deferred<void>();
        const failures: string[] = [];
        const check = (): never => {
          called.resolve();
          if (how === 'hangs') return new Promise(() => undefined) as never;
          if (how === 'throws') throw new Error('broken');
          if (how === 'rejects') return Promise.reject(new Error('broken')) as never;
          if (how === 'resolves to none') return Promise.resolve() as never;
          return (how === 'replaces beside' ? { replace: 'x' } : undefined) as never;
        };
        const { post, upstream } = await world({
          clock,
          hooks: { onHookError: (_, name) => void failures.push(name) },
          guards: { input: [input({ onError, mode, check, timeoutMs: 700 })] },
        });
        upstream.always(words('secret response'));
        const response = post({ stream: true });
        await called.promise;
        if (how === 'hangs') {
          await clock.advanceAsync(699);
          expect(failures).toEqual([]);
          await clock.advanceAsync(1);
        }
        const { status, error, raw } = await response;
        if (onError === 'open') expect([status, raw.includes('secret response')], mode).toEqual([200, true]);
        else expect([status, error?.code, raw.includes('secret')], mode).toEqual([503, 'guard_unavailable', false]);
        expect(failures).toEqual(['guard g']);
      }
    },
  );

  it('that waits is given up when the client disconnects', async () => {
    const guard = pendingGuard();
    const { port, upstream } = await world({ guards: { input: [input({ check: guard.check })] } });
    const request = rawRequest(
      port,
      rawPost({ model: 'm', messages: [{ role: 'user', content: 'x' }] }, ['authorization: Bearer test-key']),
      { timeoutMs: 300 },
    );
    const signal = await guard.called;
    await request;
    await expect.poll(() => signal.aborted).toBe(true);
    guard.give('pass');
    await sleep(20);
    expect(upstream.ledger).toHaveLength(0);
  });
});

describe('a guard beside the upstream call', () => {
  it('holds the response until it passes', async () => {
    const guard = pendingGuard();
    const ended = deferred<void>();
    const { port, upstream } = await world({
      hooks: { afterAttempt: () => ended.resolve() },
      guards: { input: [input({ mode: 'beside', check: guard.check })] },
    });
    upstream.enqueue(words('one ', 'two'));
    let received = '';
    const request = rawRequest(
      port,
      rawPost({ model: 'm', stream: true, messages: [{ role: 'user', content: 'x' }] }, [
        'authorization: Bearer test-key',
      ]),
      {
        onData: (soFar) => (received = soFar),
      },
    );
    await ended.promise;
    await others(port);
    expect(received).toBe('');
    guard.give('pass');
    expect((await request).received).toMatch(/one [^]*two[^]*\[DONE\]/);
  });

  it('that blocks aborts the upstream call, and nothing of the response leaks', async () => {
    const guard = pendingGuard();
    const errors: string[] = [];
    const { upstream, post } = await world({
      hooks: { onError: ({ error }) => void errors.push(error.code) },
      guards: { input: [input({ mode: 'beside', check: guard.check })] },
    });
    upstream.enqueue(sse([chunk({ content: 'secret' }), 60_000]));
    const response = post({ stream: true });
    const entry = await upstream.nextRequest();
    guard.give(BLOCK);
    const { status, error, raw } = await response;
    expect([status, error?.code, raw.includes('secret')]).toEqual([400, 'policy', false]);
    await upstream.closed(entry);
    expect(errors).toEqual(['content_blocked']);
  });

  it('that blocks after the upstream has sent all leaks nothing', async () => {
    for (const isStream of [true, false]) {
      const guard = pendingGuard();
      const ended = deferred<void>();
      const { upstream, post, port } = await world({
        hooks: { afterAttempt: () => ended.resolve() },
        guards: { input: [input({ mode: 'beside', check: guard.check })] },
      });
      upstream.enqueue(isStream ? words('secret') : completion('secret'));
      const response = post({ stream: isStream });
      await ended.promise;
      await others(port);
      guard.give(BLOCK);
      const { status, raw } = await response;
      expect([status, raw.includes('secret')]).toEqual([400, false]);
    }
  });

  it('that blocks before the upstream responds ends the request at once', async () => {
    const { upstream, post } = await world({
      guards: { input: [input({ mode: 'beside', check: async () => BLOCK })] },
    });
    upstream.always(hang({ after: 'request' }));
    expect((await post({ stream: true })).status).toBe(400);
    expect((await post()).status).toBe(400);
    await upstream.allClosed();
  });

  it('whose verdict comes after an error of the upstream is ignored', async () => {
    const guard = pendingGuard();
    const { upstream, post } = await world({ guards: { input: [input({ mode: 'beside', check: guard.check })] } });
    await upstream.refuse();
    const { status } = await post();
    expect(status).toBe(502);
    guard.give(BLOCK);
    await sleep(5);
  });
});

describe('a guard of the response', () => {
  it('blocks with 400 while the client has got nothing', async () => {
    const { upstream, post } = await world({
      guards: { output: [output({ check: ({ text }) => (text.includes('bad') ? BLOCK : 'pass') })] },
    });
    upstream.enqueue(words('this ', 'is ', 'bad'));
    const { status, error } = await post({ stream: true });
    expect([status, error?.code, error?.param]).toEqual([400, 'policy', 'choices[0].message.content']);
  });

  it('ends an open stream with an error event and no [DONE], or with content_filter', async () => {
    const responses: boolean[] = [];
    for (const afterCommit of ['error', 'content_filter'] as const) {
      const { upstream, post } = await world({
        hooks: {
          afterResponse: ({ complete, finishReason }) =>
            void responses.push(complete || finishReason !== 'content_filter'),
        },
        guards: {
          output: [output({ afterCommit, window: 3, check: ({ text }) => (text.includes('bad') ? BLOCK : 'pass') })],
        },
      });
      upstream.enqueue(
        sse([chunk({ content: 'all is well, ' }), chunk({ content: 'x' }, 1), chunk({ content: 'but bad' }), 60_000]),
      );
      const { status, error, chunks, isDone, completion: said } = await post({ stream: true, n: 2 });
      expect(status).toBe(200);
      expect(said.choices[0]!.message!.content).toBe('all is wel');
      if (afterCommit === 'error') {
        expect([error?.code, isDone]).toEqual(['policy', false]);
      } else {
        expect([error, isDone]).toEqual([undefined, true]);
        expect(chunks.slice(-2).map(({ choices }) => choices![0]!.finish_reason)).toEqual([
          'content_filter',
          'content_filter',
        ]);
      }
      await upstream.allClosed();
    }
    await expect.poll(() => responses).toEqual([false, false]);
  });

  it('holds its window back, and replaces across chunks', async () => {
    const { upstream, post } = await world({
      guards: {
        output: [output({ window: 6, check: ({ text }) => ({ replace: text.replaceAll('secret', '******') }) })],
      },
    });
    upstream.enqueue(words('a se', 'cre', 't and sec', 'rets, no secret'));
    const { completion: said } = await post({ stream: true });
    expect(said.choices[0]!.message!.content).toBe('a ****** and ******s, no ******');
  });

  it('decides itself what is released', async () => {
    const { upstream, post } = await world({
      guards: {
        output: [
          output({
            mayContinue: (text) => text.length - Math.max(0, text.lastIndexOf('<')),
            check: ({ text }) => ({ replace: text.replace(/<b>/g, '') }),
          }),
        ],
      },
    });
    upstream.enqueue(words('one <', 'b', '> two <b', '> three'));
    expect((await post({ stream: true })).completion.choices[0]!.message!.content).toBe('one  two  three');
  });

  it('is called once for a batch, in order, while the upstream waits', async () => {
    const seen: string[] = [];
    const { upstream, post } = await world({
      guards: {
        output: [
          output({
            window: 1,
            timeoutMs: 5_000,
            check: async ({ text, final }) => {
              await sleep(1);
              seen.push(final ? `${text}.` : text);
              return 'pass' as const;
            },
          }),
        ],
      },
    });
    const texts = Array.from({ length: 50 }, (_, index) => `${index} `);
    upstream.enqueue(words(...texts));
    const { completion: said, isDone } = await post({ stream: true });
    expect(said.choices[0]!.message!.content).toBe(texts.join(''));
    expect(isDone).toBe(true);
    expect(seen.length).toBeLessThan(50);
  });

  it('with `whole` gets all of it before the client gets any', async () => {
    const clock = new FakeClock();
    const guard = pendingGuard();
    let shown = '';
    const { upstream, port } = await world({
      clock,
      guards: {
        output: [
          output({
            mode: 'whole',
            window: 1,
            timeoutMs: 60_000,
            check: (text, state) => ((shown = text.text), guard.check(text, state)),
          }),
        ],
      },
    });
    upstream.enqueue(words('one ', 'two ', 'three'));
    let received = '';
    const request = rawRequest(
      port,
      rawPost({ model: 'm', stream: true, messages: [{ role: 'user', content: 'x' }] }, [
        'authorization: Bearer test-key',
      ]),
      {
        onData: (soFar) => (received = soFar),
      },
    );
    await guard.called;
    expect([shown, received]).toEqual(['one two three', '']);
    await clock.advanceAsync(15_000);
    await expect.poll(() => received).toContain(': keep-alive');
    expect(received).not.toContain('one');
    guard.give('pass');
    expect((await request).received).toMatch(/one two three[^]*"stop"[^]*\[DONE\]/);
  });

  it('with `watch` holds nothing, and ends the stream', async () => {
    const guard = pendingGuard();
    const { upstream, port } = await world({
      guards: { output: [output({ mode: 'watch', timeoutMs: 10_000, check: guard.check })] },
    });
    upstream.enqueue(sse([chunk({ content: 'one' }), 60_000]));
    let received = '';
    const request = rawRequest(
      port,
      rawPost({ model: 'm', stream: true, messages: [{ role: 'user', content: 'x' }] }, [
        'authorization: Bearer test-key',
      ]),
      {
        onData: (soFar) => (received = soFar),
      },
    );
    await expect.poll(() => received).toContain('one');
    guard.give(BLOCK);
    expect((await request).received).toMatch(/"policy"/);
    await upstream.allClosed();
  });

  it('with `watch` still decides at the end of a stream', async () => {
    const guard = pendingGuard();
    const { upstream, post } = await world({
      guards: { output: [output({ mode: 'watch', timeoutMs: 10_000, check: guard.check })] },
    });
    upstream.enqueue(words('one'));
    const response = post({ stream: true });
    await guard.called;
    guard.give(BLOCK);
    const { error, isDone } = await response;
    expect([error?.code, isDone]).toEqual(['policy', false]);
  });

  it.each(['hangs', 'throws', 'rejects', 'returns no verdict', 'resolves to none', 'responds late'])(
    'that %s fails as configured',
    async (how) => {
      for (const mode of ['hold', 'whole', 'watch'] as const) {
        for (const onError of ['open', 'closed'] as const) {
          for (const isStream of [true, false]) {
            const clock = new FakeClock();
            const called = deferred<void>();
            const late = deferred<GuardVerdict>();
            const check = (): never => {
              called.resolve();
              if (how === 'hangs' || how === 'responds late') return late.promise as never;
              if (how === 'throws') throw new Error('broken');
              return (how === 'rejects' ? Promise.reject(new Error('broken')) : 'yes') as never;
            };
            const { upstream, post } = await world({
              clock,
              hooks: { onHookError: () => undefined },
              guards: { output: [output({ mode, onError, check })] },
            });
            upstream.enqueue(isStream ? words('secret') : completion('secret'));
            const response = post({ stream: isStream });
            await called.promise;
            if (how === 'hangs' || how === 'responds late') await clock.advanceAsync(500);
            if (how === 'hangs' || how === 'responds late') await clock.advanceAsync(500);
            const { raw, error, isDone } = await response;
            late.resolve(BLOCK);
            if (onError === 'open') expect([error, raw.includes('secret')], mode).toEqual([undefined, true]);
            else expect([error?.code, isDone], mode).toEqual(['guard_unavailable', false]);
            if (onError === 'closed' && mode !== 'watch') expect(raw).not.toContain('secret');
          }
        }
      }
    },
  );

  it('that waits is given up when the client disconnects, and the upstream with it', async () => {
    const guard = pendingGuard();
    const { port, upstream, gateway } = await world({
      guards: { output: [output({ window: 1, timeoutMs: 60_000, check: guard.check })] },
    });
    upstream.enqueue(sse([chunk({ content: 'some text' }), 60_000]));
    const request = rawRequest(
      port,
      rawPost({ model: 'm', stream: true, messages: [{ role: 'user', content: 'x' }] }, [
        'authorization: Bearer test-key',
      ]),
      { timeoutMs: 200 },
    );
    const signal = await guard.called;
    await request;
    await upstream.allClosed();
    expect(signal.aborted).toBe(true);
    guard.fail(new Error('late'));
    await expect.poll(() => gateway.status().inFlight).toBe(0);
  });

  it('tries the next candidate if configured so', async () => {
    const { upstream } = await world();
    const { upstream: second, post } = await worldOfTwo(upstream.baseUrl);
    upstream.always((request) => ((request.json as { stream?: boolean }).stream ? words('bad') : completion('bad')));
    second.always((request) => ((request.json as { stream?: boolean }).stream ? words('good') : completion('good')));
    for (const isStream of [true, false]) {
      const { completion: said, headers } = await post({ stream: isStream });
      expect(said.choices[0]!.message!.content).toBe('good');
      expect([headers['x-nordlys-provider'], headers['x-nordlys-attempts']]).toEqual(['second', '2']);
    }
    second.always(words('bad too'));
    const { status, error } = await post({ stream: true });
    expect([status, error?.code]).toEqual([400, 'content_blocked']);
  });

  it('loses what is held of a stream that is cut off', async () => {
    const { upstream, post } = await world({ guards: { output: [blockPatterns({ patterns: [/never/] })] } });
    upstream.enqueue(sse([chunk({ content: 'x'.repeat(200) }), chunk({ content: 'tail' }), 20], { end: 'reset' }));
    const { completion: said, error, isDone } = await post({ stream: true });
    expect(said.choices[0]!.message!.content).toMatch(/^x{1,200}$/);
    expect([error?.code, isDone]).toEqual(['upstream_truncated', false]);
  });
});

async function worldOfTwo(first: string) {
  const second = await world();
  const both = await world({
    providers: {
      first: { baseUrl: first, apiKey: 'a', models: ['m'] },
      second: { baseUrl: second.upstream.baseUrl, apiKey: 'b', models: ['m'] },
    },
    guards: { output: [blockPatterns({ patterns: [/bad/], beforeCommit: 'next' })] },
  });
  return {
    upstream: second.upstream,
    post: (body: Record<string, unknown>) => both.post({ ...body, provider_order: ['first', 'second'] }),
  };
}

it('a guard of the response also runs on a stream without content', async () => {
  const { upstream, post } = await world({ guards: { output: [output({})] } });
  upstream.enqueue(stream('', { finishReason: 'stop' }));
  expect((await post({ stream: true })).isDone).toBe(true);
});
