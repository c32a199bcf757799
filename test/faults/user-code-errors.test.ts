import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ChatChunk, GatewayOptions, WireFormat, Transport } from '../../src/index.js';
import { openai } from '../../src/formats/openai.js';
import { chat, error, stream, type ScriptSource } from '../../src/testing/index.js';
import { collectSse } from '../support/read-sse.js';
import { gatewayOver, upstreamFor } from './fixtures.js';

const uncaught: unknown[] = [];
const note = (thrown: unknown): void => void uncaught.push(thrown);

beforeEach(() => {
  uncaught.length = 0;
  // A warning for each hook without a handler; its text is tested with the logger.
  vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  process.on('uncaughtException', note).on('unhandledRejection', note);
});

afterEach(() => {
  vi.restoreAllMocks();
  process.off('uncaughtException', note).off('unhandledRejection', note);
});

const bug = (): never => {
  throw new Error('a bug of the host');
};
const rejects = (): Promise<never> => Promise.reject(new Error('a bug of the host'));

/** The places where a host's own code runs, by name: there is no other code on the path that is not ours. */
type Options = Partial<GatewayOptions> & {
  readonly format?: Partial<WireFormat>;
  readonly apiKey?: () => Promise<string>;
};
const places: readonly [string, Options, ScriptSource?][] = [
  ['verifyKey throws', { keys: undefined, verifyKey: bug } as never],
  ['verifyKey rejects', { keys: undefined, verifyKey: rejects } as never],
  ['caller throws', { keys: false, caller: bug } as never],
  ['beforeRoute throws', { hooks: { beforeRoute: bug } }],
  ['beforeRoute rejects', { hooks: { beforeRoute: rejects } }],
  ['beforeRoute returns nonsense', { hooks: { beforeRoute: () => 7 as never } }],
  ['selectCandidates throws', { hooks: { selectCandidates: bug } }],
  ['selectCandidates rejects', { hooks: { selectCandidates: rejects } }],
  ['selectCandidates returns nonsense', { hooks: { selectCandidates: () => [null] as never } }],
  ['beforeAttempt throws', { hooks: { beforeAttempt: bug } }],
  ['beforeAttempt rejects', { hooks: { beforeAttempt: rejects } }],
  ['beforeAttempt returns nonsense', { hooks: { beforeAttempt: () => ({ headers: { 'x-a': 7 } }) as never } }],
  ['beforeAttempt breaks a header', { hooks: { beforeAttempt: () => ({ headers: { 'x-a': 'b\r\nx-c: d' } }) } }],
  ['afterAttempt throws', { hooks: { afterAttempt: bug } }],
  ['afterAttempt rejects', { hooks: { afterAttempt: rejects } }],
  ['afterResponse throws', { hooks: { afterResponse: bug } }],
  ['afterResponse rejects', { hooks: { afterResponse: rejects } }],
  ['onError throws', { hooks: { onError: bug } }, error(400)],
  ['onHookError throws', { hooks: { afterResponse: bug, onHookError: bug } }],
  ['onHookError rejects', { hooks: { afterResponse: bug, onHookError: rejects } }],
  ['the store’s get throws', { cache: { store: { get: bug, set() {}, delete() {} } } }],
  ['the store’s get rejects', { cache: { store: { get: rejects, set() {}, delete() {} } } }],
  ['the store’s set throws', { cache: { store: { get: () => undefined, set: bug, delete() {} } } }],
  ['the store’s set rejects', { cache: { store: { get: () => undefined, set: rejects, delete() {} } } }],
  ['the store’s size throws', { cache: { store: { get: () => undefined, set() {}, delete() {}, size: bug } } }],
  ['the store returns nonsense', { cache: { store: { get: () => 'text' as never, set() {}, delete() {} } } }],
  ['a format’s encodeRequest throws', { format: { encodeRequest: bug } }],
  ['a format encodes what is no JSON', { format: { encodeRequest: () => undefined } }],
  ['a format’s decodeCompletion throws', { format: { decodeCompletion: bug } }],
  ['a format decodes nonsense', { format: { decodeCompletion: () => ({ choices: [null] }) as never } }],
  ['a format’s createChunkDecoder throws', { format: { createChunkDecoder: bug } }, stream('a b c')],
  ['a format’s chunk decoder throws', { format: { createChunkDecoder: () => bug } }, stream('a b c')],
  ['a format’s chunk decoder throws half way', { format: { createChunkDecoder: throwsLater } }, stream('a b c')],
  ['a format’s chunks are nonsense', { format: { createChunkDecoder: () => () => [null] as never } }, stream('a b c')],
  ['a format’s decodeError throws', { format: { decodeError: bug } }, error(503)],
  ['a transport’s open throws', { transport: { ...closedTransport(), open: bug } }],
  ['a transport’s abort throws', { transport: silentTransport(bug), timeouts: { connectMs: 50 } }],
  ['apiKey throws', { apiKey: bug }],
  ['apiKey rejects', { apiKey: rejects }],
];

function throwsLater(): (event: { data: string }) => readonly ChatChunk[] {
  let events = 0;
  return ({ data }) => (++events > 2 ? bug() : [JSON.parse(data) as ChatChunk]);
}

/** Opens calls that never settle. */
function silentTransport(abort: () => void): Transport {
  return { open: () => ({ abort }), sockets: () => ({ active: 0, idle: 0 }), close() {} };
}

function closedTransport(): Transport {
  return { open: bug, sockets: () => ({ active: 0, idle: 0 }), close() {} };
}

describe('F43 code of the host that throws', () => {
  it.each(places)('%s: the client gets a response, and no resource leaks', async (_place, options, script) => {
    const upstream = await upstreamFor(script ?? chat('fine'));
    const { format, apiKey = 'operator-secret-0', ...rest } = options;
    const provider = { baseUrl: upstream.baseUrl, apiKey, models: ['m'], format: { ...openai, ...format } };
    const { post, gateway } = await gatewayOver([upstream], { maxAttempts: 1, ...rest, providers: { p0: provider } });

    for (const streamed of [false, true]) {
      const response = await post({ stream: streamed }, { signal: AbortSignal.timeout(5_000) });
      expect([200, 400, 500, 502, 503, 504]).toContain(response.status);
      const { payloads, error: broken } = await collectSse(response);
      expect(broken).toBeUndefined();
      expect(payloads.join('')).not.toContain('a bug of the host');
    }
    await expect.poll(() => gateway.status().inFlight).toBe(0);
    await expect.poll(() => gateway.status().endpoints[0]!.readiness?.inFlight ?? 0).toBe(0);
    await expect.poll(() => gateway.status().sockets.active).toBe(0);
    expect(uncaught).toEqual([]);
  });

  it.each([
    ['verifyKey', { keys: undefined, verifyKey: hangs }],
    ['beforeRoute', { hooks: { beforeRoute: hangs } }],
    ['selectCandidates', { hooks: { selectCandidates: hangs } }],
    ['beforeAttempt', { hooks: { beforeAttempt: hangs } }],
    ['the store’s get', { cache: { store: { get: hangs, set() {}, delete() {} } } }],
  ])('%s never settles: a client that disconnects frees its slot', async (_place, options) => {
    const { post, gateway } = await gatewayOver([await upstreamFor()], options as never);
    const controller = new AbortController();
    const response = post({}, { signal: controller.signal }).catch(() => 'aborted');
    await expect.poll(() => gateway.status().inFlight).toBe(1);
    controller.abort();
    expect(await response).toBe('aborted');
    await expect.poll(() => gateway.status().inFlight).toBe(0);
    await gateway.drain({ timeoutMs: 5_000 });
  });

  it('an apiKey() that never settles is not waited for: the next provider responds', async () => {
    const [first, second] = [await upstreamFor(), await upstreamFor(chat('with a key'))];
    const { post } = await gatewayOver([], {
      timeouts: { connectMs: 100 },
      providers: {
        p0: { baseUrl: first.baseUrl, apiKey: hangs as () => Promise<string>, models: ['m'] },
        p1: { baseUrl: second.baseUrl, apiKey: 'operator-secret-1', models: ['m'] },
      },
    });
    expect(await (await post({})).text()).toContain('with a key');
    expect(first.ledger).toHaveLength(0);
  });

  it('a beforeAttempt that never settles ends with the total timeout, and is named to the host', async () => {
    const reported: unknown[] = [];
    const { post } = await gatewayOver([await upstreamFor()], {
      timeouts: { totalMs: 200 },
      hooks: {
        beforeAttempt: hangs as () => Promise<void>,
        onHookError: (reason, hook) => void reported.push([hook, (reason as Error).message]),
      },
    });
    expect((await post({})).status).toBe(504);
    expect(reported).toEqual([['beforeAttempt', 'the hook beforeAttempt has not settled in time']]);
  });
});

function hangs(): Promise<never> {
  return new Promise(() => {});
}
