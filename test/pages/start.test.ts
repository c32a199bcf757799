import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDemo, type Demo } from './demo.js';

let demo: Demo;
beforeAll(async () => {
  demo = await startDemo();
});
afterAll(async () => {
  await demo.stop();
});

const auth = { authorization: 'Bearer demo-key' };
const chat = (path: string, init: RequestInit = {}) =>
  fetch(demo.origin + path, {
    method: 'POST',
    headers: { ...auth, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'demo-chat', messages: [{ role: 'user', content: 'hi' }] }),
    ...init,
  });

describe('npm start', () => {
  it('prints its address once', () => {
    expect(demo.output.match(/^listening on http:\/\/127\.0\.0\.1:\d+$/gm)).toHaveLength(1);
  });

  it('serves chat, models, metrics, health, and names the endpoint to call instead of the Responses API', async () => {
    expect((await chat('/v1/chat/completions')).status).toBe(200);
    expect((await fetch(`${demo.origin}/v1/models`, { headers: auth })).status).toBe(200);
    expect((await fetch(`${demo.origin}/healthz`)).status).toBe(200);
    expect(await (await fetch(`${demo.origin}/metrics`, { headers: auth })).text()).toContain('nordlys_attempts_total');
    const responses = await chat('/v1/responses');
    expect(responses.status).toBe(404);
    expect(await responses.json()).toMatchObject({
      error: { code: 'unknown_url', message: expect.stringContaining('not the Responses API') },
    });
    for (const path of ['/v1/models', '/metrics', '/status.json', '/playground/api/upstreams']) {
      expect((await fetch(demo.origin + path)).status).toBe(401);
    }
  });

  it('a Claude and a Gemini respond while the OpenAI-shaped endpoint of their model is broken', async () => {
    const breakUpstream = (slug: string, broken: string | null) =>
      fetch(`${demo.origin}/playground/api/upstreams/${slug}`, {
        method: 'PUT',
        headers: { ...auth, 'content-type': 'application/json' },
        body: JSON.stringify({ broken }),
      });
    const messages = [{ role: 'user', content: 'hi' }];
    const ask = async () => {
      const body = JSON.stringify({ model: 'demo-formats', provider_sort: 'price', max_tokens: 3, messages });
      return chat('/v1/chat/completions', {
        body,
        headers: { ...auth, 'content-type': 'application/json', 'cache-control': 'no-store' },
      });
    };
    const providers: unknown[] = [];
    for (const slug of ['fast-cheap', 'anthropic', 'gemini']) {
      const response = await ask();
      providers.push(response.headers.get('x-nordlys-provider'));
      expect(await response.json()).toMatchObject({
        object: 'chat.completion',
        choices: [{ finish_reason: 'length' }],
      });
      expect((await breakUpstream(slug, 'down')).status).toBe(200);
    }
    expect(providers).toEqual(['fast-cheap', 'anthropic', 'gemini']);
    expect((await ask()).status).toBeGreaterThanOrEqual(500);
    for (const slug of ['fast-cheap', 'anthropic', 'gemini']) await breakUpstream(slug, null);
  });

  it('refuses nothing under load: beyond a limit it only warns', async () => {
    // More than the 500 of an hour. Hits count as well; without the first request all would reach the upstreams at once.
    const ask = async () => {
      const { status, headers } = await chat('/v1/chat/completions');
      return { status, warning: headers.get('x-nordlys-limit-warning') };
    };
    await ask();
    const responses = await Promise.all(Array.from({ length: 520 }, ask));
    expect(responses.filter(({ status }) => status !== 200)).toEqual([]);
    expect(await ask()).toEqual({ status: 200, warning: expect.stringContaining('requests-per-hour') });
  });

  it('prints two lines that work as they are', { timeout: 30_000 }, async () => {
    const lines = demo.output.split('\n').filter((line) => /^(?:curl|node) /.test(line));
    expect(lines).toHaveLength(2);
    const [curl, node] = await Promise.all(lines.map((line) => promisify(execFile)('bash', ['-c', line])));
    expect(curl!.stdout).toMatch(/^data: \{/);
    expect(curl!.stdout).toContain('data: [DONE]');
    expect(node!.stdout.split(' ').length).toBeGreaterThan(10);
    expect(node!.stderr).toBe('');
  });

  it('uses GATEWAY_KEY, and prints no key of yours', async () => {
    const own = await startDemo({ GATEWAY_KEY: 'my-own-key' });
    try {
      expect(own.output).toContain('my-own-key');
      expect(await (await fetch(`${own.origin}/playground/config.json`)).text()).not.toContain('my-own-key');
      expect((await fetch(`${own.origin}/v1/models`, { headers: auth })).status).toBe(401);
      expect((await fetch(`${own.origin}/v1/models`, { headers: { 'x-api-key': 'my-own-key' } })).status).toBe(200);
    } finally {
      expect(await own.stop()).toBe(0);
    }
  });

  it('ends with code 0 on SIGTERM, with pages open and a response in flight', async () => {
    const other = await startDemo();
    const events = await fetch(`${other.origin}/status/events`, { headers: auth });
    const reading = events.text().catch(() => '');
    const response = await fetch(`${other.origin}/v1/chat/completions`, {
      method: 'POST',
      headers: { ...auth, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'demo-chat', stream: true, messages: [{ role: 'user', content: 'hi' }] }),
    });
    const began = performance.now();
    expect(await other.stop()).toBe(0);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(await response.text()).toContain('[DONE]');
    await reading;
  });

  it('leaks no process if only npm gets the signal', { timeout: 20_000 }, async () => {
    // Without `prestart`, which would build anew what other tests are using.
    const byNpm = await startDemo({}, ['npm', 'start', '--ignore-scripts']);
    expect((await fetch(`${byNpm.origin}/healthz`)).status).toBe(200);
    expect(await byNpm.stop()).toBe(0);
    await expect(fetch(`${byNpm.origin}/healthz`)).rejects.toThrow('fetch failed');
  });
});
