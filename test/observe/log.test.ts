import type { RequestListener } from 'node:http';
import express from 'express';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { errorHandler, type Gateway, type GatewayOptions, type Logger } from '../../src/index.js';
import { chat, error, stream } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor } from '../path/fixtures.js';

type Line = Readonly<Record<string, unknown>>;

function memoryLogger(): { logger: Logger; lines: Line[] } {
  const lines: Line[] = [];
  const at = (level: string) => (facts: object, message: string) => void lines.push({ level, message, ...facts });
  return { logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }, lines };
}

describe('the logger', () => {
  it('gets one line per request and one per upstream call', async () => {
    const { logger, lines } = memoryLogger();
    const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };
    const { post } = await gatewayOver([await upstreamFor(error(503)), await upstreamFor(chat('Hi', { usage }))], {
      logger,
    });
    await post({}, { headers: { 'x-request-id': 'mine' } });
    expect(lines).toMatchObject([
      {
        level: 'warn',
        message: 'upstream call failed',
        requestId: 'mine',
        provider: 'p0',
        outcome: 'overloaded',
        status: 503,
      },
      { level: 'debug', message: 'upstream call ended', provider: 'p1', attempt: 2, outcome: 'ok' },
      {
        level: 'info',
        message: 'responded',
        requestId: 'mine',
        caller: expect.stringMatching(/^key_/),
        provider: 'p1',
        model: 'm',
        status: 200,
        attempts: 2,
        complete: true,
        promptTokens: 3,
        completionTokens: 4,
      },
    ]);
  });

  const endings = [
    {
      it: 'a refusal is info',
      script: chat('Hi'),
      body: { messages: 1 },
      expected: { level: 'info', message: 'refused', code: 'invalid_type', param: 'messages', status: 400 },
    },
    {
      it: 'a failure is a warning',
      script: error(500),
      body: {},
      expected: { level: 'warn', message: 'failed', code: 'bad_gateway', status: 502 },
    },
    {
      it: 'a truncation is a warning',
      script: stream('one two', { afterEvents: 2, end: 'reset' }),
      body: { stream: true },
      expected: { level: 'warn', message: 'response incomplete', complete: false, status: 200 },
    },
  ];
  it.each(endings)('$it', async ({ script, body, expected }) => {
    const { logger, lines } = memoryLogger();
    const { post } = await gatewayOver([await upstreamFor(script)], { logger, maxAttempts: 1 });
    await (await post(body)).text();
    await expect.poll(() => lines.at(-1)).toMatchObject(expected);
  });

  it('logs the place of the host’s own bug, without its message', async () => {
    const { logger, lines } = memoryLogger();
    const { post } = await gatewayOver([await upstreamFor()], {
      logger,
      hooks: {
        beforeRoute: function faultyHook() {
          throw new RangeError('about the prompt: secret text');
        },
      },
    });
    await post({});
    expect(lines.at(-1)).toMatchObject({
      level: 'error',
      code: 'internal_error',
      cause: { name: 'RangeError', stack: expect.stringContaining('faultyHook') },
    });
    expect(JSON.stringify(lines)).not.toContain('secret text');
  });

  it('logs the name and place of an observing hook that threw, without its message', async () => {
    const { logger, lines } = memoryLogger();
    const { post } = await gatewayOver([await upstreamFor()], {
      logger,
      hooks: {
        afterResponse: async function faultyHook() {
          throw new RangeError('about the prompt: secret text');
        },
      },
    });
    await (await post({})).text();
    await expect
      .poll(() => lines.find(({ message }) => message === 'hook threw'))
      .toEqual({
        level: 'error',
        message: 'hook threw',
        hook: 'afterResponse',
        cause: { name: 'RangeError', stack: expect.stringContaining('faultyHook') },
      });
    expect(JSON.stringify(lines)).not.toContain('secret text');
  });

  it('never gets prompts, responses, keys or error texts of upstreams', async () => {
    const { logger, lines } = memoryLogger();
    const upstream = await upstreamFor(
      error(400, { error: { message: 'upstream-text', type: 'a', param: null, code: null } }),
    );
    const { post } = await gatewayOver([upstream], { logger, cache: {} });
    const secret = 'text-of-the-prompt';
    await post({ messages: [{ role: 'user', content: secret }], user: secret, metadata: { a: secret } });
    upstream.always(chat('text-of-the-response'));
    await post({
      messages: [{ role: 'user', content: secret }],
      provider_configs: { p0: { api_key: 'sk-callers-own' } },
    });
    await post({ model: secret });
    await post({ [secret]: { deep: secret }, messages: [{ role: secret }] });
    const text = JSON.stringify(lines);
    expect(lines.length).toBeGreaterThanOrEqual(5);
    for (const word of [
      secret,
      'text-of-the-response',
      'upstream-text',
      'demo-key',
      'operator-secret',
      'sk-callers-own',
    ]) {
      expect(text).not.toContain(word);
    }
  });

  it('must be one', async () => {
    await expect(gatewayOver([], { logger: { info: () => undefined } as never })).rejects.toThrow(
      'logger must have the methods debug, info, warn, error, got an object without debug.',
    );
  });
});

describe('an observing hook that throws without a listener', () => {
  const afterResponse = (): never => {
    throw new Error('secret text');
  };

  async function warningsAfterTwo(options: Partial<GatewayOptions>): Promise<unknown[][]> {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    onTestFinished(() => warn.mockRestore());
    const { post } = await gatewayOver([await upstreamFor()], options);
    await (await post({})).text();
    await (await post({})).text();
    return warn.mock.calls;
  }

  it('is a warning of the process, once', async () => {
    const calls = await warningsAfterTwo({ hooks: { afterResponse } });
    expect(calls).toEqual([[expect.stringContaining('afterResponse'), { code: 'NORDLYS_HOOK_THREW' }]]);
    expect(JSON.stringify(calls)).not.toContain('secret text');
  });

  it('or where who listens throws as well', async () => {
    expect(await warningsAfterTwo({ hooks: { afterResponse, onHookError: afterResponse } })).toHaveLength(1);
  });

  it('and none with a listener', async () => {
    expect(await warningsAfterTwo({ hooks: { afterResponse, onHookError: () => undefined } })).toEqual([]);
    expect(await warningsAfterTwo({ hooks: { afterResponse }, logger: memoryLogger().logger })).toEqual([]);
  });
});

describe('a 500 without a listener', () => {
  const beforeRoute = (): never => {
    throw new Error('secret text\n    at secret text (in the shape of a frame)');
  };

  async function warningsOf(options: Partial<GatewayOptions>, mount?: (gateway: Gateway) => RequestListener) {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    onTestFinished(() => warn.mockRestore());
    const { post } = await gatewayOver([await upstreamFor()], options, mount);
    for (let time = 0; time < 2; time++) expect((await post({})).status).toBe(500);
    return warn.mock.calls;
  }

  it('is a process warning with the place, once, without the message', async () => {
    const calls = await warningsOf({ hooks: { beforeRoute } });
    expect(calls).toEqual([
      [expect.stringMatching(/threw at .*beforeRoute .*log\.test\.ts/), { code: 'NORDLYS_INTERNAL_ERROR' }],
    ]);
    expect(JSON.stringify(calls)).not.toContain('secret text');
  });

  it('also where what was thrown is no error as others are', async () => {
    const odd = Object.assign(new Error('secret text'), { stack: 7 as never });
    const throwsOdd = (): never => {
      throw odd;
    };
    expect(await warningsOf({ hooks: { beforeRoute: throwsOdd } })).toHaveLength(1);
  });

  it('and none with a listener', async () => {
    expect(await warningsOf({ hooks: { beforeRoute, onError: () => undefined } })).toEqual([]);
    expect(await warningsOf({ hooks: { beforeRoute }, logger: memoryLogger().logger })).toEqual([]);
    const handled = (gateway: Gateway) => express().use(gateway, errorHandler());
    expect(await warningsOf({ hooks: { beforeRoute }, errorHandling: 'next' }, handled)).toEqual([]);
  });
});
