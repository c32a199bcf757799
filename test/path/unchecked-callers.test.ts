import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { GatewayError, GatewayOptions } from '../../src/index.js';
import { completion } from '../../src/testing/index.js';
import { FakeClock } from '../support/fake-clock.js';
import { gatewayOver, upstreamFor } from './fixtures.js';

type Options = { readonly [Name in keyof GatewayOptions]?: unknown };

async function gatewayWith(options: Options) {
  return gatewayOver([await upstreamFor(completion('Hello.'))], options as Partial<GatewayOptions>);
}

describe('a caller that the host does not know', () => {
  it.each([undefined, null, false])('is refused if `caller` returns %j', async (caller) => {
    const { post, upstreams } = await gatewayWith({ keys: false, caller: () => caller });
    const response = await post({});
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ error: { code: 'invalid_api_key' } });
    expect(upstreams[0]?.ledger).toEqual([]);
  });

  it('is let in where anonymous callers are welcome, and has no cache', async () => {
    const { post } = await gatewayWith({ keys: false, caller: () => undefined, anonymous: true, cache: {} });
    for (let time = 0; time < 2; time++) {
      const response = await post({});
      expect(response.status).toBe(200);
      expect(response.headers.get('x-nordlys-cache')).not.toBe('HIT');
    }
  });

  it('is let in without a key there, and not with a wrong one', async () => {
    for (const options of [{ keys: ['right'] }, { keys: undefined, verifyKey: () => undefined }]) {
      const { post } = await gatewayWith({ ...options, anonymous: true });
      const status = async (headers: object) => (await post({}, { headers: headers as Record<string, string> })).status;
      expect(await status({ authorization: '' })).toBe(200);
      expect(await status({ authorization: 'Bearer wrong' })).toBe(401);
      expect(await status({ authorization: 'Basic d3Jvbmc=' })).toBe(401);
      expect(await status({ authorization: '', 'api-key': 'wrong' })).toBe(401);
    }
  });

  it('does not depend on the message', async () => {
    await expect(gatewayWith({ anonymous: 'yes' })).rejects.toThrow('anonymous must be true or false, got "yes"');
  });
});

describe('a caller that could not be checked', () => {
  const warnings: unknown[][] = [];
  beforeEach(() => {
    warnings.length = 0;
    vi.spyOn(process, 'emitWarning').mockImplementation((...args: unknown[]) => void warnings.push(args));
  });
  afterEach(() => void vi.restoreAllMocks());

  const bug = (): never => {
    throw new Error('text of a caller');
  };
  const failing: readonly [string, Options, RegExp][] = [
    ['verifyKey throws', { verifyKey: bug }, /threw at .*bug .*unchecked-callers/],
    ['verifyKey rejects', { verifyKey: async () => bug() }, /threw at .*bug/],
    ['verifyKey gives true', { verifyKey: () => true }, /verifyKey must give .* and gave a boolean/],
    ['verifyKey gives no id', { verifyKey: async () => ({ name: 'x' }) }, /verifyKey must give .*without an id/],
    ['caller gives a name', { keys: false, caller: () => 'x' }, /caller must give .* and gave a string/],
  ];

  it.each(failing)('is a process warning, once: %s', async (_, options, message) => {
    const { post } = await gatewayWith({ keys: undefined, ...options });
    for (let time = 0; time < 2; time++) {
      const response = await post({});
      expect(response.status).toBe(503);
      expect(await response.text()).not.toMatch(/verifyKey|text of a caller/);
    }
    expect(warnings).toEqual([[expect.stringMatching(message), { code: 'NORDLYS_AUTHENTICATION_UNAVAILABLE' }]]);
    expect(JSON.stringify(warnings)).not.toContain('text of a caller');
  });

  it.each(failing)('reaches onError with its cause, and is then no warning: %s', async (_, options) => {
    const errors: GatewayError[] = [];
    const onError = ({ error }: { error: GatewayError }) => void errors.push(error);
    const { post } = await gatewayWith({ keys: undefined, ...options, hooks: { onError } });
    await post({});
    expect(errors).toEqual([expect.objectContaining({ code: 'authentication_unavailable', cause: expect.any(Error) })]);
    expect(warnings).toEqual([]);
  });
});

describe('a hook that never settles', () => {
  it.each(['beforeRoute', 'selectCandidates'])('ends with totalMs, and the warning names it: %s', async (hook) => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const clock = new FakeClock();
    let called = (): void => {};
    const isCalled = new Promise<void>((resolve) => (called = resolve));
    const never = () => {
      called();
      return new Promise<never>(() => {});
    };
    const { post } = await gatewayWith({ clock, hooks: { [hook]: never }, timeouts: { totalMs: 3_000 } });
    const response = post({});
    await isCalled;
    clock.advance(2_999);
    expect(warn).not.toHaveBeenCalled();
    clock.advance(1);
    expect((await response).status).toBe(500);
    expect(warn.mock.calls).toEqual([
      [expect.stringContaining(`the hook ${hook} has not settled`), { code: 'NORDLYS_INTERNAL_ERROR' }],
    ]);
    warn.mockRestore();
  });
});
