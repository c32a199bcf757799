import { describe, expect, it } from 'vitest';
import { chat, error, faults, hang, sse } from '../../src/testing/index.js';
import {
  alone,
  errorOf,
  expectSpareResponse,
  faultyAndSpare,
  gatewayOver,
  SPARE,
  textOf,
  upstreamFor,
} from './fixtures.js';

describe('F08 silence before the first byte', () => {
  it.each([
    ['nothing is read', hang({ after: 'connect' })],
    ['the request is read', hang()],
    ['a head came', hang({ after: 'head' })],
  ])('%s: the next provider responds', async (_what, script) => {
    await expectSpareResponse(await faultyAndSpare(script));
  });

  it('is not retried if no time remains', async () => {
    const { post, spare } = await faultyAndSpare(hang(), { timeouts: { headersMs: 5_000, totalMs: 300 } });
    const response = await post({});
    expect(response.status).toBe(504);
    expect(spare.ledger).toHaveLength(0);
  });
});

describe('F10 429 with Retry-After', () => {
  it('the next provider responds, and the limited one gets no request for the time that it sent', async () => {
    const { post, faulty, gateway } = await faultyAndSpare(faults.rateLimited.script);
    for (let time = 0; time < 3; time++) expect(await textOf(await post({}))).toBe(SPARE);
    expect(faulty.ledger).toHaveLength(1);
    const coolsForMs = gateway.status().endpoints[0]!.readiness!.coolsForMs;
    expect(coolsForMs).toBeGreaterThan(3_000);
    expect(coolsForMs).toBeLessThanOrEqual(5_000);
  });

  it('a short wait is waited for when there is no other endpoint', async () => {
    const { post, faulty } = await alone(chat('now'), { maxAttempts: 2 });
    faulty.enqueue(error(429, undefined, { 'retry-after-ms': '150' }));
    const startedAt = performance.now();
    expect(await textOf(await post({}))).toBe('now');
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(140);
  });

  it('a long one is the caller’s to sit out', async () => {
    const { post, faulty } = await alone(error(429, undefined, { 'retry-after': '40' }), { maxAttempts: 5 });
    const response = await post({});
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('40');
    expect(response.headers.get('x-should-retry')).toBeNull();
    expect(faulty.ledger).toHaveLength(1);
  });
});

it.each([
  ['rateLimitedInMs', 1_500],
  ['rateLimitedUntilDate', 5_000],
  ['rateLimitedForAges', undefined],
  ['rateLimitedInNonsense', undefined],
] as const)('F11 %s: the next provider responds, and an invalid wait is ignored', async (name, coolMs) => {
  const set = await faultyAndSpare(faults[name].script);
  expect(await textOf(await set.post({}))).toBe(SPARE);
  const { coolsForMs } = set.gateway.status().endpoints[0]!.readiness!;
  // Without a hint that can be believed it is five seconds.
  expect(coolsForMs).toBeLessThanOrEqual(coolMs ?? 5_000);
  expect(coolsForMs).toBeGreaterThan((coolMs ?? 5_000) - 1_000);
});

it('F12 a used-up quota: the next provider responds, and the endpoint is out for minutes', async () => {
  const { post, faulty, gateway } = await faultyAndSpare(faults.quotaExhausted.script);
  for (let time = 0; time < 3; time++) expect(await textOf(await post({}))).toBe(SPARE);
  expect(faulty.ledger).toHaveLength(1);
  expect(gateway.status().endpoints[0]!.readiness!.coolsForMs).toBeGreaterThan(290_000);
});

it.each(['serverError', 'serverErrorPage'] as const)('F13 %s: the next provider responds', async (name) => {
  await expectSpareResponse(await faultyAndSpare(faults[name].script));
});

it.each(['badGateway', 'unavailable', 'gatewayTimeout'] as const)(
  'F14 %s: the next provider responds',
  async (name) => {
    await expectSpareResponse(await faultyAndSpare(faults[name].script));
  },
);

it.each(['overloaded', 'overloadedInStream'] as const)('F15 %s: the next provider responds', async (name) => {
  await expectSpareResponse(await faultyAndSpare(faults[name].script));
});

it('F15 an overload after 200 and a role is not yet a response', async () => {
  const role = { choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] };
  const overloaded = { error: { type: 'overloaded_error', message: 'Overloaded' } };
  const { post } = await faultyAndSpare(sse([role, overloaded]));
  expect(await textOf(await post({ stream: true }))).toBe(SPARE);
});

it.each(['badRequest', 'contextTooLong', 'unsupportedParameter', 'tooLarge', 'unprocessable', 'moderated'] as const)(
  'F16 %s: the caller gets the error, no other provider is called, and no breaker counts it',
  async (name) => {
    const { post, spare, gateway } = await faultyAndSpare(faults[name].script);
    for (let time = 0; time < 6; time++) {
      const response = await post({ stream: time % 2 === 0 });
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(response.status).toBeLessThan(500);
      expect(await errorOf(response)).toMatchObject({ message: expect.stringMatching(/\w/) });
    }
    expect(spare.ledger).toHaveLength(0);
    expect(gateway.status().endpoints[0]!.readiness!.breaker).toMatchObject({ state: 'closed', failures: 0 });
  },
);

describe('F17 a refused key', () => {
  it.each(['badKey', 'paymentRequired', 'forbidden'] as const)(
    'of the operator (%s): the next provider responds, and the endpoint gets no request for a minute',
    async (name) => {
      const { post, faulty, gateway } = await faultyAndSpare(faults[name].script);
      for (let time = 0; time < 3; time++) expect(await textOf(await post({}))).toBe(SPARE);
      expect(faulty.ledger).toHaveLength(1);
      const { breaker, coolsForMs } = gateway.status().endpoints[0]!.readiness!;
      expect(breaker.failures).toBe(0);
      expect(coolsForMs).toBeGreaterThan(55_000);
    },
  );

  it('of the operator, everywhere: 502, for it is not the caller’s fault', async () => {
    const { post } = await alone(faults.badKey.script);
    const response = await post({});
    expect(response.status).toBe(502);
    expect(await errorOf(response)).toMatchObject({ code: 'provider_auth_error' });
  });

  it('of the caller: 401, and the operator’s key is not tried instead', async () => {
    const { post, faulty, spare } = await faultyAndSpare(faults.badKey.script);
    const response = await post({ provider_configs: { p0: { api_key: 'callers-own-key-1234' } } });
    expect(response.status).toBe(401);
    expect(faulty.ledger).toHaveLength(1);
    expect(spare.ledger).toHaveLength(0);
  });
});

describe('F18', () => {
  it('404: the next provider responds, and this one gets no request for the model for a minute', async () => {
    const { post, faulty } = await faultyAndSpare(faults.modelMissing.script);
    for (let time = 0; time < 3; time++) expect(await textOf(await post({}))).toBe(SPARE);
    expect(faulty.ledger).toHaveLength(1);
  });

  it.each(['requestTimeout', 'tooEarly'] as const)('%s: the next provider responds', async (name) => {
    await expectSpareResponse(await faultyAndSpare(faults[name].script));
  });

  it('409: once more at once, then the next provider', async () => {
    const { post, faulty } = await faultyAndSpare(faults.conflict.script);
    expect(await textOf(await post({}))).toBe(SPARE);
    expect(faulty.ledger).toHaveLength(2);
    faulty.forget();
    faulty.enqueue(error(409), chat('second time'));
    expect(await textOf(await post({}))).toBe('second time');
  });
});

it.each(['noContent', 'oddSuccess', 'redirect'] as const)(
  'F26 %s is no response: the next provider gives one, and no redirect is followed',
  async (name) => {
    const set = await faultyAndSpare(faults[name].script);
    await expectSpareResponse(set);
    const lone = await alone(faults[name].script);
    const response = await lone.post({});
    expect(response.status).toBe(502);
    expect(response.headers.get('location')).toBeNull();
  },
);

describe('when all of them fail', () => {
  it.each([
    ['the caller’s own fault', [error(503), error(400)], 400],
    ['then a limit', [error(500), error(429), hang()], 429],
    ['then a timeout', [error(500), hang(), error(503)], 504],
    ['then an overload', [error(500), error(503)], 503],
    ['then the rest', [error(500), error(404)], 502],
  ] as const)('the most useful failure is sent: %s', async (_what, scripts, status) => {
    const upstreams = await Promise.all(scripts.map((script) => upstreamFor(script)));
    const { post } = await gatewayOver(upstreams, { maxAttempts: upstreams.length, timeouts: { headersMs: 300 } });
    expect((await post({})).status).toBe(status);
  });
});
