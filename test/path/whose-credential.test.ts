import express from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  authenticate,
  proxy,
  route,
  validate,
  type AfterResponseState,
  type AttemptRecord,
  type GatewayOptions,
  type Transport,
} from '../../src/index.js';
import { chat, error, type FakeUpstream } from '../../src/testing/index.js';
import { undiciTransport } from '../../src/undici/index.js';
import { parseExposition, sumOf } from '../observe/prometheus.js';
import { listen } from '../support/listen.js';
import { gatewayOver, upstreamFor } from './fixtures.js';

const BYOK = 'callers-own-key-1234';
const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };
const pricing = { prompt: 1_000_000, completion: 2_000_000 };
const ownKey = { provider_configs: { p0: { api_key: BYOK } } };
const ownTimeout = { provider_configs: { p0: { endpoint_overrides: { chat_completions: { timeout: 5_000 } } } } };

/** A gateway whose every word about a call is kept. */
async function watched(upstream: FakeUpstream, options: Partial<GatewayOptions> = {}) {
  const attempts: AttemptRecord[] = [];
  const responses: AfterResponseState[] = [];
  const lines: Record<string, unknown>[] = [];
  const spans: Record<string, unknown>[] = [];
  const costs: number[] = [];
  const write = (facts: object): void => void lines.push({ ...facts });
  const startSpan = (_name: string, { attributes }: { attributes?: object }) => {
    const all: Record<string, unknown> = { ...attributes };
    return {
      spanContext: () => ({ traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 }),
      setAttributes: (more: object) => void Object.assign(all, more),
      setStatus() {},
      updateName() {},
      end: () => void spans.push(all),
    };
  };
  const set = await gatewayOver(
    [upstream],
    {
      providers: { p0: { baseUrl: upstream.baseUrl, apiKey: 'operator-secret-0', models: { m: { pricing } } } },
      hooks: {
        afterAttempt: ({ record }) => void attempts.push(record),
        afterResponse: (state) => void responses.push(state),
      },
      logger: { debug: write, info: write, warn: write, error: write },
      telemetry: {
        tracer: { startSpan, startActiveSpan: (name, given, work) => work(startSpan(name, given)) },
        meter: {
          createHistogram: () => ({ record() {} }),
          createCounter: (name) => ({ add: (value) => void (name === 'nordlys.cost' && costs.push(value)) }),
        },
      },
      ...options,
    },
    (gateway) => express().use('/v1/metrics', gateway.metrics).use(gateway) as never,
  );
  const samples = async () => {
    const page = await fetch(`${set.baseUrl}/metrics`, { headers: { authorization: 'Bearer demo-key' } });
    return parseExposition(await page.text());
  };
  return { ...set, attempts, responses, lines, spans, costs, samples };
}

describe('a call that the operator pays for', () => {
  it.each([
    ['nothing else', {}],
    ['only a timeout of the caller’s', ownTimeout],
    ['an empty override', { provider_configs: { p0: { api_key: '' } } }],
  ])('is counted with its tokens and cost: %s', async (_what, body) => {
    const { post, attempts, responses, lines, spans, costs, samples } = await watched(
      await upstreamFor(chat('Hello', { usage })),
    );
    expect((await post(body)).status).toBe(200);
    const counted = await samples();
    expect(sumOf(counted, 'nordlys_attempts_total', { provider: 'p0', outcome: 'ok' })).toBe(1);
    expect(sumOf(counted, 'gen_ai_client_token_usage_sum', { gen_ai_token_type: 'output' })).toBe(4);
    expect(sumOf(counted, 'nordlys_cost_usd_total', { endpoint: 'p0' })).toBe(11);
    expect(costs).toEqual([11]);
    expect(attempts).toMatchObject([{ callerKey: false, outcome: 'ok' }]);
    expect(responses).toMatchObject([{ callerKey: false, costUsd: 11 }]);
    expect(lines.at(-1)).toMatchObject({ costUsd: 11 });
    expect(lines.at(-1)).not.toHaveProperty('callerKey');
    expect(spans[0]).toMatchObject({ 'nordlys.cost_usd': 11 });
    expect(spans[0]).not.toHaveProperty('nordlys.caller_key');
  });

  it('whose timeout a caller made shorter still counts for its endpoint', async () => {
    const { post, samples } = await watched(await upstreamFor(error(503)), { maxAttempts: 1 });
    await post(ownTimeout);
    expect(sumOf(await samples(), 'nordlys_attempts_total', { outcome: 'overloaded' })).toBe(1);
  });
});

describe('a call with the caller’s own key', () => {
  it.each([[false], [true]])(
    'costs the operator nothing, and is marked in every account (stream: %s)',
    async (stream) => {
      const { post, attempts, responses, lines, spans, costs, samples } = await watched(
        await upstreamFor(chat('Hello', { usage })),
      );
      const response = await post({ ...ownKey, stream });
      await response.text();
      await expect.poll(() => responses).toHaveLength(1);
      const counted = await samples();
      expect(sumOf(counted, 'nordlys_attempts_total', { provider: 'p0' })).toBe(0);
      expect(sumOf(counted, 'nordlys_cost_usd_total', { endpoint: 'p0' })).toBe(0);
      expect(costs).toEqual([]);
      expect(attempts).toMatchObject([{ callerKey: true, outcome: 'ok' }]);
      expect(responses).toMatchObject([{ callerKey: true, costUsd: 0, usage }]);
      expect(lines).toMatchObject([
        { callerKey: true, attempt: 1 },
        { callerKey: true, costUsd: 0 },
      ]);
      expect(spans[0]).toMatchObject({ 'nordlys.caller_key': true, 'nordlys.cost_usd': 0 });
    },
  );

  it('is distinguished from the operator’s calls of the same request', async () => {
    const [first, second] = [await upstreamFor(error(503)), await upstreamFor(chat('Hello', { usage }))];
    const { post, attempts, responses } = await watched(first, {
      providers: {
        p0: { baseUrl: first.baseUrl, models: { m: { pricing } } },
        p1: { baseUrl: second.baseUrl, models: { m: { pricing } } },
      },
    });
    expect((await post(ownKey)).status).toBe(200);
    expect(attempts.map(({ provider, callerKey }) => [provider, callerKey])).toEqual([
      ['p0', true],
      ['p1', false],
    ]);
    expect(responses).toMatchObject([{ provider: 'p1', callerKey: false, costUsd: 11 }]);
  });

  it('does not change what the cache serves later', async () => {
    const { post, responses } = await watched(await upstreamFor(chat('Hello', { usage })), { cache: {} });
    await (await post(ownKey)).text();
    await (await post({})).text();
    await (await post({})).text();
    await expect
      .poll(() => responses.map(({ cache, callerKey, costUsd }) => [cache, callerKey, costUsd]))
      .toEqual([
        ['BYPASS', true, 0],
        ['MISS', false, 11],
        ['HIT', false, 0],
      ]);
  });
});

describe('an origin that the operator lists as a literal address', () => {
  const transports: readonly [string, () => Transport | undefined][] = [
    ['the default transport', () => undefined],
    ['undici', undiciTransport],
  ];

  it.each(transports)('is reached by createGateway and by the stages alike: %s', async (_name, transport) => {
    const [own, theirs] = [await upstreamFor(), await upstreamFor(chat('theirs'))];
    const callerOverrides = { allowedOrigins: [theirs.origin] };
    const providers = { p0: { baseUrl: own.baseUrl, apiKey: 'operator-secret-0', models: ['m'] } };
    const gateway = await gatewayOver([own], { callerOverrides, transport: transport() });
    const app = express();
    app.use('/v1', authenticate({ keys: ['demo-key'] }), validate());
    app.use('/v1', route({ providers, callerOverrides }), proxy({ transport: transport() }));
    const chain = await listen(app);
    onTestFinished(chain.close);

    const body = { provider_configs: { p0: { api_key: BYOK, base_url: theirs.baseUrl } } };
    for (const url of [gateway.baseUrl, `${chain.url}/v1`]) {
      const response = await fetch(`${url}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer demo-key' },
        body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }], ...body }),
      });
      expect(response.status).toBe(200);
      expect(await response.text()).toContain('theirs');
    }
    expect(theirs.ledger).toHaveLength(2);
    expect(own.ledger).toHaveLength(0);
  });
});
