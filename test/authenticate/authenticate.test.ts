import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { authenticateStage } from '../../src/authenticate/authenticate.js';
import type { Stage } from '../../src/request/context.js';
import { HookRunner } from '../../src/request/hooks.js';
import { CancelSource } from '../../src/util/cancellation.js';
import { systemClock } from '../../src/util/clock.js';
import type { AuthenticateOptions } from '../../src/options/authenticate-types.js';
import { runStages } from '../../src/request/run-stages.js';
import { FakeClock } from '../support/fake-clock.js';
import { rawRequest } from '../support/raw-request.js';

const KEY = 'sk-test-0123456789abcdef';
const OTHER = 'sk-other-0123456789abcdef';
const servers: http.Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A server behind the stage that responds with the id of the caller. */
async function serve(options: AuthenticateOptions): Promise<number> {
  const sayWho: Stage = (context) => {
    context.res.end(JSON.stringify(context.caller ?? null));
    return 'responded';
  };
  const handler = runStages([authenticateStage(options, systemClock), sayWho], {
    clock: systemClock,
    hooks: new HookRunner(),
    errorHandling: 'respond',
    errorFormat: 'openai',
  });
  const server = http.createServer(handler);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function statusFor(port: number, headers: readonly string[]): Promise<number> {
  const response = await rawRequest(
    port,
    ['POST / HTTP/1.1', 'host: x', 'connection: close', ...headers, '', ''].join('\r\n'),
  );
  return response.responses[0]!.status;
}

describe('a request is known by its key', () => {
  const cases: readonly { it: string; headers: readonly string[]; status: number }[] = [
    { it: 'in X-API-Key', headers: [`X-API-Key: ${KEY}`], status: 200 },
    { it: 'in x-api-key of any letter case', headers: [`x-ApI-kEy: ${KEY}`], status: 200 },
    { it: 'as a bearer token', headers: [`Authorization: Bearer ${KEY}`], status: 200 },
    { it: 'with the scheme in any letter case', headers: [`authorization: bEaReR ${KEY}`], status: 200 },
    {
      it: 'X-API-Key wins over a dummy bearer token',
      headers: [`X-API-Key: ${KEY}`, 'Authorization: Bearer dummy'],
      status: 200,
    },
    {
      it: 'a wrong X-API-Key is not saved by a right bearer token',
      headers: ['X-API-Key: wrong', `Authorization: Bearer ${KEY}`],
      status: 401,
    },
    { it: 'an empty X-API-Key is none', headers: ['X-API-Key:', `Authorization: Bearer ${KEY}`], status: 200 },
    { it: 'in api-key, as clients of Azure send it', headers: [`api-key: ${KEY}`], status: 200 },
    { it: 'Authorization wins over api-key', headers: [`Authorization: Bearer ${KEY}`, 'api-key: x'], status: 200 },
    { it: 'X-API-Key wins over api-key', headers: ['X-API-Key: wrong', `api-key: ${KEY}`], status: 401 },
    { it: 'an empty Authorization is none', headers: ['Authorization:', `api-key: ${KEY}`], status: 200 },
    { it: 'not with api-key twice', headers: [`api-key: ${KEY}`, `api-key: ${KEY}`], status: 401 },
    {
      it: 'not with api-key twice beside X-API-Key',
      headers: [`X-API-Key: ${KEY}`, 'api-key: a', 'api-key: b'],
      status: 401,
    },
    { it: 'not without one', headers: [], status: 401 },
    { it: 'not with an empty one', headers: ['X-API-Key:'], status: 401 },
    { it: 'not with an unknown one', headers: ['X-API-Key: sk-unknown-0123456789'], status: 401 },
    { it: 'not with a prefix', headers: [`X-API-Key: ${KEY.slice(0, -1)}`], status: 401 },
    { it: 'not with more behind it', headers: [`X-API-Key: ${KEY}x`], status: 401 },
    { it: 'not with another letter case', headers: [`X-API-Key: ${KEY.toUpperCase()}`], status: 401 },
    { it: 'not with the same header twice', headers: [`X-API-Key: ${KEY}`, `X-API-Key: ${KEY}`], status: 401 },
    { it: 'not with two keys', headers: [`X-API-Key: ${KEY}`, `X-API-Key: ${OTHER}`], status: 401 },
    { it: 'not with a list in one header', headers: [`X-API-Key: ${KEY}, ${OTHER}`], status: 401 },
    { it: 'not with a list without space', headers: [`X-API-Key: ${KEY},${OTHER}`], status: 401 },
    {
      it: 'not with Authorization twice',
      headers: [`Authorization: Bearer ${KEY}`, `Authorization: Bearer ${OTHER}`],
      status: 401,
    },
    {
      it: 'not with Authorization twice beside a right key',
      headers: [`X-API-Key: ${KEY}`, 'Authorization: Bearer a', 'Authorization: Bearer b'],
      status: 401,
    },
    { it: 'not with another scheme', headers: [`Authorization: Basic ${KEY}`], status: 401 },
    { it: 'not without a scheme', headers: [`Authorization: ${KEY}`], status: 401 },
    { it: 'not with two spaces', headers: [`Authorization: Bearer  ${KEY}`], status: 401 },
    { it: 'not with a tab', headers: [`Authorization: Bearer\t${KEY}`], status: 401 },
    { it: 'not with something behind the token', headers: [`Authorization: Bearer ${KEY} x`], status: 401 },
    { it: 'not with a comma behind the token', headers: [`Authorization: Bearer ${KEY},`], status: 401 },
    { it: 'not with quotes', headers: [`Authorization: Bearer "${KEY}"`], status: 401 },
    { it: 'not with letters beyond ASCII', headers: [`X-API-Key: ${KEY}é`], status: 401 },
    { it: 'not with 10 kB of it', headers: [`X-API-Key: ${KEY}${'x'.repeat(10_000)}`], status: 401 },
    ...['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__'].map((name) => ({
      it: `not with ${name}`,
      headers: [`X-API-Key: ${name}`],
      status: 401,
    })),
  ];

  it.each(cases)('$it', async ({ headers, status }) => {
    const port = await serve({ keys: [KEY, OTHER] });
    expect(await statusFor(port, headers)).toBe(status);
  });

  it('sends the same error for a key that is missing, malformed or unknown', async () => {
    const port = await serve({ keys: [KEY] });
    const bodies = new Set<string>();
    for (const headers of [{}, { 'x-api-key': 'sk-unknown-0123456789' }, { authorization: 'Basic abc' }]) {
      const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers });
      expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
      bodies.add(await response.text());
    }
    expect(bodies.size).toBe(1);
    expect(JSON.parse([...bodies][0]!)).toEqual({
      error: {
        message: expect.stringContaining('X-API-Key'),
        type: 'invalid_request_error',
        param: null,
        code: 'invalid_api_key',
      },
    });
  });

  it('maps two keys to two callers, and one key to the same caller in every process', async () => {
    const who = async (port: number, key: string): Promise<unknown> =>
      (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers: { 'x-api-key': key } })).json();
    const [first, second] = [await serve({ keys: [KEY, OTHER] }), await serve({ keys: [KEY] })];
    expect(await who(first, KEY)).toEqual(await who(second, KEY));
    expect(await who(first, KEY)).not.toEqual(await who(first, OTHER));
    expect(JSON.stringify(await who(first, KEY))).not.toContain(KEY);
  });

  it('distinguishes keys that share any prefix', async () => {
    const long = 'k'.repeat(100);
    const keys = Array.from({ length: 50 }, (_, index) => `${long.slice(0, index)}X${index}`);
    const port = await serve({ keys });
    for (let length = 1; length < 60; length++) {
      expect(await statusFor(port, [`X-API-Key: ${long.slice(0, length)}`])).toBe(401);
    }
  });
});

describe('verifyKey', () => {
  const post = (port: number, key = KEY): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers: { 'x-api-key': key } });

  it('sets the caller that it finds, with its members', async () => {
    const port = await serve({ verifyKey: async (key) => (key === KEY ? { id: 'ada', plan: 'pro' } : undefined) });
    expect(await (await post(port)).json()).toEqual({ id: 'ada', plan: 'pro' });
    expect((await post(port, OTHER)).status).toBe(401);
  });

  it('may return synchronously', async () => {
    const port = await serve({ verifyKey: (key) => (key === KEY ? { id: 'ada' } : undefined) });
    expect((await post(port)).status).toBe(200);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('database down');
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('database down');
      },
    ],
    ['gives a caller without an id', () => ({ name: 'ada' }) as never],
    ['gives a caller with an empty id', () => ({ id: '' })],
    ['gives true', () => true as never],
  ])('that %s means 503, never access, and exposes nothing', async (_what, verifyKey) => {
    const port = await serve({ verifyKey });
    const response = await post(port);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await response.text()).not.toContain('database');
  });
});

describe('a lookup that never settles', () => {
  it('is abandoned after its limit: the client gets 503', async () => {
    const clock = new FakeClock();
    const stage = authenticateStage({ verifyKey: () => new Promise(() => undefined) }, clock);
    const context = {
      req: { headers: { 'x-api-key': KEY }, rawHeaders: ['x-api-key', KEY] },
      cancelSignal: new CancelSource(),
    } as never;
    const pending = stage(context) as Promise<unknown>;
    const refused = expect(pending).rejects.toMatchObject({ code: 'authentication_unavailable' });
    await clock.advanceAsync(10_001);
    await refused;
  });
});

describe('keys: false', () => {
  it('waits for a caller that the host has to look up', async () => {
    const port = await serve({ keys: false, caller: (async () => ({ id: 'ada' })) as never });
    expect(await (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST' })).json()).toEqual({ id: 'ada' });
  });

  it('responds with 503 if the lookup of the host fails', async () => {
    const port = await serve({
      keys: false,
      caller: (async () => {
        throw new Error('session store down');
      }) as never,
    });
    expect((await fetch(`http://127.0.0.1:${port}/`, { method: 'POST' })).status).toBe(503);
  });

  it('trusts the host, and takes the caller from `caller`', async () => {
    const port = await serve({ keys: false, caller: (req) => ({ id: String(req.headers['x-user']) }) });
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers: { 'x-user': 'ada' } });
    expect(await response.json()).toEqual({ id: 'ada' });
  });

  it('admits requests without a caller with keys: false', async () => {
    const port = await serve({ keys: false });
    expect(await statusFor(port, [])).toBe(200);
  });
});

describe('options are refused at start-up', () => {
  it.each<[string, unknown, RegExp]>([
    ['no source of callers', {}, /keys: \[\.\.\.\], verifyKey/],
    ['an empty list of keys', { keys: [] }, /keys must be a non-empty list/],
    ['a key whose environment variable is not set', { keys: [undefined] }, /keys\[0\] .* environment variable/],
    ['a key that no header can carry', { keys: ['ok-key', 'has space'] }, /keys\[1\]/],
    ['both keys and verifyKey', { keys: [KEY], verifyKey: () => undefined }, /exclude each other/],
    [
      'keys: false beside a verifyKey that would never be called',
      { keys: false, verifyKey: () => undefined },
      /never be called/,
    ],
    ['caller beside keys', { keys: [KEY], caller: () => undefined }, /caller is called only with keys: false/],
    ['a verifyKey that is no function', { verifyKey: 'x' }, /verifyKey must be a function/],
    ['a caller that is no function', { keys: false, caller: 'x' }, /caller must be a function/],
  ])('%s', (_what, options, message) => {
    expect(() => authenticateStage(options as AuthenticateOptions, systemClock)).toThrow(message);
  });
});
