import { execFileSync } from 'node:child_process';
import http from 'node:http';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { GatewayOptions, GatewayStatus } from '../../src/index.js';
import { maxRequestsForFdLimit } from '../../src/runtime/file-descriptors.js';
import { chat, completion, error, fakeUpstream, hang, stream, type FakeUpstream } from '../../src/testing/index.js';
import { runChild, type Child } from '../support/child.js';
import { collectSse } from '../support/read-sse.js';
import { alone, faultyAndSpare, SPARE, textOf, upstreamFor } from './fixtures.js';

interface Running {
  readonly child: Child;
  post(body: object, init?: RequestInit): Promise<Response>;
  /** Makes the process stall or use up its files; resolves with its status afterwards. */
  command(what: { stallMs?: number; files?: 'open' | 'close' }): Promise<GatewayStatus>;
}

/** A gateway in a process of its own over `upstreams` of this one. */
async function processOver(
  upstreams: readonly FakeUpstream[],
  options: Partial<GatewayOptions> = {},
  wrapper: readonly string[] = [],
): Promise<Running> {
  const providers = Object.fromEntries(
    upstreams.map(({ baseUrl }, index) => [`p${index}`, { baseUrl, models: ['m'] }]),
  );
  const env = { GATEWAY_OPTIONS: JSON.stringify({ keys: ['demo-key'], providers, ...options }) };
  const child = runChild(new URL('programs/gateway.ts', import.meta.url), { env, wrapper });
  const url = `http://127.0.0.1:${String(await child.message())}/v1/chat/completions`;
  return {
    child,
    post: (body, init = {}) =>
      fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer demo-key' },
        body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }], ...body }),
        ...init,
      }),
    command: async (what) => {
      child.process.send(what);
      return (await child.message()) as GatewayStatus;
    },
  };
}

describe('F30 SIGTERM', () => {
  it('with 220 open streams: each ends in [DONE] or an error, and the process by itself, in time, with 0', async () => {
    const upstream = await upstreamFor(({ json }) =>
      (json as { user: string }).user === 'slow'
        ? stream('one two three', { delayMs: 300 })
        : stream('one two three', { afterEvents: 2, end: 'hang' }),
    );
    const { child, post } = await processOver([upstream]);
    const responses = await Promise.all(
      Array.from({ length: 220 }, (_, index) => post({ stream: true, user: index % 2 === 0 ? 'slow' : 'endless' })),
    );
    const readings = responses.map((response) => collectSse(response));
    const toldAt = performance.now();
    child.process.kill('SIGTERM');
    const late = new Promise<http.IncomingMessage>((resolve, reject) => {
      setTimeout(() => {
        const url = new URL(responses[0]!.url);
        http
          .request(url, { method: 'POST', headers: { authorization: 'Bearer demo-key' } }, resolve)
          .on('error', reject)
          .end();
      }, 200);
    });
    const refused = await late;
    expect(refused.statusCode).toBe(503);
    expect(refused.headers).toMatchObject({ connection: 'close', 'retry-after': '1' });
    refused.resume();

    const read = await Promise.all(readings);
    expect(read.filter(({ error: broken }) => broken !== undefined)).toEqual([]);
    const ends = read.map(({ payloads }) => payloads.at(-1)!);
    expect(ends.filter((end) => end === '[DONE]')).toHaveLength(110);
    expect(ends.filter((end) => end.includes('server_shutdown'))).toHaveLength(110);
    expect(await child.ended).toBe(0);
    expect(performance.now() - toldAt).toBeLessThan(4_000);
    expect(child.stderr).toBe('');
    await upstream.allClosed();
  });

  it('waits until the last byte of a long response is sent', async () => {
    const text = 'x'.repeat(12_000_000);
    const { post, gateway } = await alone(completion(text), { timeouts: {} });
    const response = await post({});
    let drained = false;
    const draining = gateway.drain({ timeoutMs: 10_000 }).then(() => (drained = true));
    let length = 0;
    for await (const piece of response.body!) {
      if (length === 0) {
        await new Promise((resolve) => setTimeout(resolve, 200));
        expect(drained).toBe(false);
      }
      length += piece.length;
    }
    await draining;
    expect(length).toBeGreaterThan(text.length);
  });

  it('may be called twice, and resolves both times', async () => {
    const { post, gateway } = await alone(hang());
    const response = post({});
    await expect.poll(() => gateway.status().inFlight).toBe(1);
    await Promise.all([gateway.drain({ timeoutMs: 200 }), gateway.drain({ timeoutMs: 300 })]);
    expect((await response).status).toBe(503);
  });

  it('needs no longer than its grace, whatever hangs', async () => {
    const { post, gateway } = await alone(chat('no'), { hooks: { beforeRoute: () => new Promise<void>(() => {}) } });
    const response = post({});
    await expect.poll(() => gateway.status().inFlight).toBe(1);
    const startedAt = performance.now();
    await gateway.drain({ timeoutMs: 400 });
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect((await response).status).toBe(503);
  });
});

describe('F35 the wall clock jumps', () => {
  it.each([3_600_000, -3_600_000])('by %i ms: waits and breakers are not moved', async (jump) => {
    const { post, gateway, faulty } = await faultyAndSpare(error(429, undefined, { 'retry-after': '30' }));
    expect(await textOf(await post({}))).toBe(SPARE);
    const real = Date.now;
    vi.spyOn(Date, 'now').mockImplementation(() => real() + jump);
    onTestFinished(() => void vi.restoreAllMocks());
    const { coolsForMs } = gateway.status().endpoints[0]!.readiness!;
    expect(coolsForMs).toBeGreaterThan(25_000);
    expect(coolsForMs).toBeLessThanOrEqual(30_000);
    for (let time = 0; time < 3; time++) expect(await textOf(await post({ stream: time === 1 }))).toBe(SPARE);
    expect(faulty.ledger).toHaveLength(1);
  });

  it('in the middle of a stream: it is not cut', async () => {
    const { post } = await alone(stream('one two three four', { delayMs: 60 }));
    const response = await post({ stream: true });
    const real = Date.now;
    vi.spyOn(Date, 'now').mockImplementation(() => real() + 3_600_000);
    onTestFinished(() => void vi.restoreAllMocks());
    expect(await textOf(response)).toBe('one two three four');
  });
});

it('F36 a stall of the loop: of 200 streams none is cut, and no breaker counts it', async () => {
  const upstream = await upstreamFor(stream('a b c d e f g h i j k l m n o p', { delayMs: 100 }));
  const { post, command } = await processOver([upstream], {
    timeouts: { idleMs: 2_000, firstChunkMs: 2_000 },
    maxAttempts: 1,
  });
  const reading = Array.from({ length: 200 }, async () => textOf(await post({ stream: true })));
  await new Promise((resolve) => setTimeout(resolve, 300));
  await command({ stallMs: 5_000 });
  expect(new Set(await Promise.all(reading))).toEqual(new Set(['a b c d e f g h i j k l m n o p']));
  const { endpoints } = await command({});
  expect(endpoints[0]!.readiness!.breaker).toMatchObject({ state: 'closed', failures: 0 });
}, 30_000);

it('F37 an overloaded process refuses new requests before it reads them, keeps its streams, and recovers', async () => {
  const upstream = await upstreamFor(stream('a '.repeat(90), { delayMs: 100 }));
  const { post, command } = await processOver([upstream], { overloadProtection: true });
  const reading = Array.from({ length: 10 }, async () => textOf(await post({ stream: true })));
  await expect.poll(async () => (await command({})).inFlight).toBe(10);
  let load = 'normal';
  for (let time = 0; time < 20 && load !== 'overloaded'; time++) load = (await command({ stallMs: 320 })).load;
  expect(load).toBe('overloaded');
  const refused = await post({});
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('1');
  expect((await post({}, { headers: { authorization: 'Bearer wrong-key-of-someone' } })).status).toBe(401);
  await expect.poll(async () => (await command({})).load, { timeout: 3_000 }).toBe('normal');
  expect((await post({ stream: true })).status).toBe(200);
  expect(new Set(await Promise.all(reading))).toEqual(new Set(['a '.repeat(90)]));
}, 30_000);

describe('F37 more requests than allowed', () => {
  it('exactly the excess is refused at once, and those inside are not touched', async () => {
    const { post, gateway } = await alone(stream('one two three', { delayMs: 200 }), {
      maxInFlight: 50,
      timeouts: {},
    });
    const inside = Array.from({ length: 50 }, () => post({ stream: true }));
    await expect.poll(() => gateway.status().inFlight).toBe(50);
    const startedAt = performance.now();
    const excess = await Promise.all(Array.from({ length: 20 }, async () => (await post({})).status));
    expect(performance.now() - startedAt).toBeLessThan(500);
    expect(new Set(excess)).toEqual(new Set([503]));
    for (const response of inside) expect(await textOf(await response)).toBe('one two three');
  });
});

describe('F38 no more files can be opened', () => {
  it('is our fault: 503, no breaker counts it, and it passes', async () => {
    const upstream = await fakeUpstream({ script: chat('fine'), keepAlive: false });
    onTestFinished(() => upstream.close());
    const wrapper = ['bash', '-c', 'ulimit -n 128; exec "$0" "$@"'];
    const { post, command } = await processOver([upstream], { maxAttempts: 2 }, wrapper);
    // Keep-alive: the client's own connection is open before the files are used up.
    expect(await textOf(await post({}))).toBe('fine');
    await command({ files: 'open' });
    const response = await post({});
    expect(response.status).toBe(503);
    expect(((await response.json()) as { error: object }).error).toMatchObject({ code: 'server_is_overloaded' });
    const { endpoints } = await command({ files: 'close' });
    expect(endpoints[0]!.readiness!.breaker).toMatchObject({ state: 'closed', failures: 0 });
    expect(await textOf(await post({}))).toBe('fine');
  });

  it.each([
    [20_000, 9_744],
    [1_024, 256],
    [256, 16],
    [Infinity, Infinity],
  ])('of %d files %d requests are allowed', (limit, requests) => {
    expect(maxRequestsForFdLimit(limit)).toBe(requests);
  });
});

it('F39 no more ports: our fault as well, and it passes', async ({ skip }) => {
  if (!ownNetwork()) skip('network namespaces are not available here');
  const child = runChild(new URL('programs/few-ports.ts', import.meta.url), { wrapper: ['unshare', '-rn'] });
  expect(await child.message()).toEqual({ refused: 503, failures: 0, after: 200 });
});

function ownNetwork(): boolean {
  try {
    execFileSync(
      'unshare',
      ['-rn', 'sh', '-c', 'ip link set lo up && test -w /proc/sys/net/ipv4/ip_local_port_range'],
      {
        stdio: 'ignore',
      },
    );
    return true;
  } catch {
    return false;
  }
}
