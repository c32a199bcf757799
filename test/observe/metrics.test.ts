import express from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { chat, completion, error, hang, stream } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor, type Set } from '../path/fixtures.js';
import type { GatewayOptions } from '../../src/index.js';
import { parseExposition, sumOf } from './prometheus.js';

function scrape({ baseUrl }: Set, key = 'demo-key') {
  return fetch(`${baseUrl}/metrics`, { headers: { authorization: `Bearer ${key}` } });
}

const withMetrics = (gateway: Set['gateway']) => express().use('/v1/metrics', gateway.metrics).use(gateway);

async function samplesOf(set: Set) {
  return parseExposition(await (await scrape(set)).text());
}

const pricing = { prompt: 1_000_000, completion: 2_000_000 };

function pricedProviders(upstreams: readonly { baseUrl: string }[]) {
  const entries = upstreams.map(({ baseUrl }, index) => [`p${index}`, { baseUrl, models: { m: { pricing } } }]);
  return { providers: Object.fromEntries(entries) as GatewayOptions['providers'] };
}

describe('gateway.metrics', () => {
  it('requires a key, as the list of models does', async () => {
    const set = await gatewayOver([await upstreamFor()], {}, withMetrics);
    const refused = await scrape(set, 'wrong');
    expect(refused.status).toBe(401);
    expect(await refused.json()).toMatchObject({ error: { code: 'invalid_api_key' } });
    const response = await scrape(set);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect((await fetch(`${set.baseUrl}/metrics`, { method: 'POST' })).status).toBe(405);
  });

  it('counts calls by endpoint and outcome, their times, tokens and cost', async () => {
    const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };
    const broken = await upstreamFor(error(503));
    const sound = await upstreamFor(chat('Hello', { usage }));
    const set = await gatewayOver([broken, sound], pricedProviders([broken, sound]), withMetrics);
    expect((await set.post({})).status).toBe(200);
    await (await set.post({ stream: true })).text();

    const samples = await samplesOf(set);
    const p1 = { gen_ai_provider_name: 'p1', gen_ai_request_model: 'm', nordlys_endpoint: 'p1' };
    expect(sumOf(samples, 'nordlys_attempts_total', { provider: 'p0', outcome: 'overloaded' })).toBe(2);
    expect(sumOf(samples, 'nordlys_attempts_total', { provider: 'p1', outcome: 'ok' })).toBe(2);
    expect(sumOf(samples, 'gen_ai_client_operation_duration_seconds_count', p1)).toBe(2);
    expect(sumOf(samples, 'gen_ai_client_operation_duration_seconds_count', { error_type: 'overloaded' })).toBe(2);
    expect(sumOf(samples, 'gen_ai_client_operation_time_to_first_chunk_seconds_count', p1)).toBe(1);
    expect(sumOf(samples, 'gen_ai_client_token_usage_sum', { ...p1, gen_ai_token_type: 'input' })).toBe(6);
    expect(sumOf(samples, 'gen_ai_client_token_usage_sum', { ...p1, gen_ai_token_type: 'output' })).toBe(8);
    expect(sumOf(samples, 'nordlys_cost_usd_total', { endpoint: 'p1' })).toBe(22);
    expect(sumOf(samples, 'http_server_request_duration_seconds_count', { http_response_status_code: '200' })).toBe(2);
  });

  it('uses the buckets of the GenAI conventions', async () => {
    const set = await gatewayOver([await upstreamFor()], {}, withMetrics);
    await set.post({});
    const bounds = (name: string, keys: readonly string[]): (string | undefined)[] =>
      keys.filter((key) => key.startsWith(`${name}_bucket`)).map((key) => /le="([^"]+)"/.exec(key)?.[1]);
    const keys = [...(await samplesOf(set)).keys()];
    expect(bounds('gen_ai_client_operation_duration_seconds', keys).join(' ')).toBe(
      '0.01 0.02 0.04 0.08 0.16 0.32 0.64 1.28 2.56 5.12 10.24 20.48 40.96 81.92 +Inf',
    );
    const tokenBounds = bounds(
      'gen_ai_client_token_usage',
      keys.filter((key) => key.includes('"input"')),
    );
    expect(tokenBounds.join(' ')).toBe(
      '1 4 16 64 256 1024 4096 16384 65536 262144 1048576 4194304 16777216 67108864 +Inf',
    );
  });

  it('does not count a dry run as a request', async () => {
    const set = await gatewayOver([await upstreamFor(completion('Hi'))], {}, withMetrics);
    const headers = { 'x-nordlys-dry-run': 'plan' };
    expect((await set.post({}, { headers })).status).toBe(200);
    expect((await set.post({ model: 'none' }, { headers })).status).toBe(404);
    expect((await set.post({ messages: 1 }, { headers })).status).toBe(400);
    await set.post({});
    const samples = await samplesOf(set);
    expect(sumOf(samples, 'http_server_request_duration_seconds_count', {})).toBe(1);
    expect(sumOf(samples, 'nordlys_errors_total', {})).toBe(0);
  });

  it('counts errors sent to clients, and results of cache lookups', async () => {
    const set = await gatewayOver([await upstreamFor(completion('Hi'))], { cache: {} }, withMetrics);
    await set.post({});
    await set.post({});
    await set.post({}, { headers: { 'cache-control': 'no-store' } });
    await set.post({ messages: 1 });
    await set.post({}, { headers: { authorization: 'Bearer wrong' } });
    const samples = await samplesOf(set);
    const cached = (result: string): number => sumOf(samples, 'nordlys_cache_requests_total', { result });
    expect([cached('hit'), cached('miss'), cached('bypass')]).toEqual([1, 1, 1]);
    expect(sumOf(samples, 'nordlys_attempts_total')).toBe(2);
    expect(sumOf(samples, 'nordlys_errors_total', { code: 'invalid_type' })).toBe(1);
    expect(sumOf(samples, 'nordlys_errors_total', { code: 'invalid_api_key' })).toBe(1);
    for (const [status, count] of [
      ['200', 3],
      ['400', 1],
      ['401', 1],
    ] as const) {
      const labels = { http_response_status_code: status };
      expect(sumOf(samples, 'http_server_request_duration_seconds_count', labels)).toBe(count);
    }
  });

  it('reports what is in flight, and the state of each breaker', async () => {
    const upstream = await upstreamFor(stream('one two', { afterEvents: 2, end: 'hang' }));
    const set = await gatewayOver([upstream], {}, withMetrics);
    const controller = new AbortController();
    onTestFinished(() => controller.abort());
    const response = await set.post({ stream: true }, { signal: controller.signal });
    const during = await samplesOf(set);
    expect(sumOf(during, 'nordlys_requests_in_flight')).toBe(1);
    expect(sumOf(during, 'nordlys_upstream_sockets', { state: 'active' })).toBe(1);
    expect(sumOf(during, 'nordlys_breaker_state', { endpoint: 'p0', state: 'closed' })).toBe(1);
    expect(sumOf(during, 'nordlys_breaker_state', { endpoint: 'p0' })).toBe(1);
    controller.abort();
    await response.text().catch(() => '');
    await upstream.allClosed();
    await expect.poll(async () => sumOf(await samplesOf(set), 'nordlys_requests_in_flight')).toBe(0);
    expect(sumOf(await samplesOf(set), 'nordlys_attempts_total', { outcome: 'cancelled' })).toBe(1);
  });

  it('counts no response for a client that disconnected before it received anything', async () => {
    const upstream = await upstreamFor(hang());
    const set = await gatewayOver([upstream], {}, withMetrics);
    const controller = new AbortController();
    const pending = set.post({}, { signal: controller.signal }).catch(() => undefined);
    await upstream.nextRequest();
    controller.abort();
    await pending;
    await expect
      .poll(async () =>
        sumOf(await samplesOf(set), 'http_server_request_duration_seconds_count', { http_response_status_code: '499' }),
      )
      .toBe(1);
  });

  it('excludes calls with a caller’s own key: the operator does not pay for them', async () => {
    const set = await gatewayOver([await upstreamFor()], {}, withMetrics);
    const response = await set.post({ provider_configs: { p0: { api_key: 'sk-of-the-caller' } } });
    expect(response.status).toBe(200);
    const samples = await samplesOf(set);
    expect(sumOf(samples, 'nordlys_attempts_total')).toBe(0);
    expect(sumOf(samples, 'http_server_request_duration_seconds_count')).toBe(1);
  });
});
