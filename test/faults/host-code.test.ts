import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  FailedResponse,
  type ChatChunk,
  type GatewayOptions,
  type Transport,
  type WireFormat,
} from '../../src/index.js';
import { openai } from '../../src/formats/openai.js';
import { anthropic } from '../../src/formats/anthropic/anthropic.js';
import { failureOfThrown } from '../../src/proxy/response/thrown-failure.js';
import { chat, completion, stream, type ScriptSource } from '../../src/testing/index.js';
import { collectSse } from '../support/read-sse.js';
import { gatewayOver, upstreamFor } from '../path/fixtures.js';

const veto = new Error('a guard of the host: secret text');
const refuse = (): never => {
  throw veto;
};

/** Lets two events by, and refuses the third: past the commit point. */
function refuseLater(): (event: { data: string }) => readonly ChatChunk[] {
  let events = 0;
  return ({ data }) => (++events > 2 ? refuse() : [JSON.parse(data) as ChatChunk]);
}

const noTransport: Transport = { open: refuse, sockets: () => ({ active: 0, idle: 0 }), close() {} };

type Options = Partial<GatewayOptions> & { readonly format?: Partial<WireFormat> };
const places: readonly [string, Options, ScriptSource, boolean][] = [
  ['decodeCompletion', { format: { decodeCompletion: refuse } }, completion('fine'), false],
  ['a completion that is none', { format: { decodeCompletion: () => ({}) as never } }, completion('x'), false],
  ['createChunkDecoder', { format: { createChunkDecoder: refuse } }, stream('a b c'), true],
  ['a chunk decoder', { format: { createChunkDecoder: () => refuse } }, stream('a b c'), true],
  ['a chunk decoder half way', { format: { createChunkDecoder: refuseLater } }, stream('a b c d'), true],
  ['chunks that are none', { format: { createChunkDecoder: () => () => [null] as never } }, stream('a b c'), true],
  ['a transport', { transport: noTransport }, chat('fine'), false],
];

async function gatewayWith(script: ScriptSource, { format, ...options }: Options) {
  const upstream = await upstreamFor(script);
  const reported: [unknown, string][] = [];
  const outcomes: string[] = [];
  const set = await gatewayOver([upstream], {
    maxAttempts: 1,
    providers: { p0: { baseUrl: upstream.baseUrl, models: ['m'], format: { ...openai, ...format } } },
    hooks: {
      onHookError: (error, hook) => void reported.push([error, hook]),
      afterAttempt: ({ record }) => void outcomes.push(record.outcome),
    },
    ...options,
  });
  return { ...set, reported, outcomes };
}

describe('code of the host that throws while a response is read', () => {
  beforeEach(() => void vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined));
  afterEach(() => void vi.restoreAllMocks());

  it.each(places)(
    '%s: is not the provider’s failure, and is reported to the host',
    async (_place, options, script, streamed) => {
      const { post, gateway, reported, outcomes } = await gatewayWith(script, options);
      // Twice as many as open a breaker.
      for (let time = 0; time < 20; time++) {
        const { payloads } = await collectSse(await post({ stream: streamed }));
        expect(payloads.join('')).not.toContain('secret text');
        expect(payloads.at(-1)).not.toBe('[DONE]');
      }
      await expect.poll(() => gateway.status().inFlight).toBe(0);
      expect(gateway.status().endpoints[0]).toMatchObject({
        failed: 0,
        health: 'ok',
        readiness: { breaker: { state: 'closed', failures: 0 }, coolsForMs: 0, lastFailure: undefined },
      });
      expect(new Set(outcomes)).toEqual(new Set(['host_code']));
      expect(reported).toHaveLength(20);
      expect(reported[0]).toEqual([expect.any(Error), 'provider']);
    },
  );

  it('leads to the next provider, and is reported to the host as well', async () => {
    const [first, second] = [await upstreamFor(completion('no')), await upstreamFor(completion('yes'))];
    const reported: unknown[] = [];
    const { post } = await gatewayOver([], {
      providers: {
        p0: { baseUrl: first.baseUrl, models: ['m'], format: { ...openai, decodeCompletion: refuse } },
        p1: { baseUrl: second.baseUrl, models: ['m'] },
      },
      hooks: { onHookError: (error) => void reported.push(error) },
    });
    const response = await post({});
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('yes');
    expect(reported).toEqual([veto]);
  });

  it('is reported by a warning, without its message, if there is no listener', async () => {
    const upstream = await upstreamFor(completion('fine'));
    const { post } = await gatewayOver([upstream], {
      maxAttempts: 1,
      providers: { p0: { baseUrl: upstream.baseUrl, models: ['m'], format: { ...openai, decodeCompletion: refuse } } },
    });
    const response = await post({});
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ error: { code: 'internal_error' } });
    const warnings = vi.mocked(process.emitWarning).mock.calls.map(([text]) => String(text));
    expect(warnings.join('\n')).toContain('A format or transport of the host threw while a response was read');
    expect(warnings.join('\n')).not.toContain('secret text');
  });
});

describe('a response that is none', () => {
  it('is the provider’s failure if the format throws FailedResponse', async () => {
    const bad = (): never => {
      throw new FailedResponse('malformed', 'No choices in it.');
    };
    const { post, gateway, reported, outcomes } = await gatewayWith(completion('x'), {
      format: { decodeCompletion: bad },
    });
    expect((await post({})).status).toBe(502);
    expect(outcomes).toEqual(['malformed']);
    expect(reported).toEqual([]);
    expect(gateway.status().endpoints[0]).toMatchObject({ failed: 1, readiness: { breaker: { failures: 1 } } });
  });

  it('is the provider’s failure where a format of this package throws, and not where a host wraps one', () => {
    const error = new TypeError('x is undefined');
    expect(failureOfThrown(error, openai).kind).toBe('malformed');
    expect(failureOfThrown(error, anthropic(), 'malformed_event').kind).toBe('malformed_event');
    expect(failureOfThrown(error, { ...anthropic() }, 'malformed_event').kind).toBe('host_code');
    expect(failureOfThrown(new FailedResponse('malformed', 'x'), { ...openai }, 'malformed_event').kind).toBe(
      'malformed_event',
    );
  });
});
