import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, json, sse } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor } from '../path/fixtures.js';
import { rawPost, rawRequest } from '../support/raw-request.js';
import { collectSse } from '../support/read-sse.js';

const prototypes = [Object.prototype, Array.prototype, Function.prototype, String.prototype] as const;
const keysOf = (): string[] => prototypes.flatMap((prototype) => Object.getOwnPropertyNames(prototype));
let before: string[] = [];
beforeAll(() => void (before = keysOf()));
afterAll(() => expect(keysOf()).toEqual(before));

const POISON = '{"polluted":true,"toString":1,"status":200}';
const MESSAGES = '[{"role":"user","content":"hi"}]';
/** Names that mean something on every object. */
const NAMES = Object.getOwnPropertyNames(Object.prototype);

/** Places in a request where a member can stand, as text: `JSON.stringify` would lose `__proto__`. */
const places: readonly [string, (member: string) => string][] = [
  ['at the top', (member) => `{"model":"m","messages":${MESSAGES},${member}}`],
  ['in a message', (member) => `{"model":"m","messages":[{"role":"user","content":"hi",${member}}]}`],
  [
    'in a content part',
    (member) => `{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"hi",${member}}]}]}`,
  ],
  ['in metadata', (member) => `{"model":"m","messages":${MESSAGES},"metadata":{${member}}}`],
  [
    'in a tool’s schema',
    (member) =>
      `{"model":"m","messages":${MESSAGES},"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object",${member}}}}]}`,
  ],
  [
    'in response_format',
    (member) =>
      `{"model":"m","messages":${MESSAGES},"response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{${member}}}}}`,
  ],
  ['in stream_options', (member) => `{"model":"m","messages":${MESSAGES},"stream":true,"stream_options":{${member}}}`],
  ['in provider', (member) => `{"model":"m","messages":${MESSAGES},"provider":{${member}}}`],
  ['in provider_configs', (member) => `{"model":"m","messages":${MESSAGES},"provider_configs":{${member}}}`],
  [
    'in one of them',
    (member) =>
      `{"model":"m","messages":${MESSAGES},"provider_configs":{"p0":{"api_key":"callers-own-key-1234",${member}}}}`,
  ],
  ['deep down', (member) => `{"model":"m","messages":${MESSAGES},"x":[[{"y":{"z":[{${member}}]}}]]}`],
];

describe.each(['__proto__', 'constructor', 'prototype'])('a member named %s', (name) => {
  const member = name === 'constructor' ? `"constructor":{"prototype":${POISON}}` : `"${name}":${POISON}`;

  it.each(places)('%s changes nothing here', async (_where, place) => {
    const upstream = await upstreamFor(chat('fine'));
    const { baseUrl, post, gateway } = await gatewayOver([upstream]);
    const bytes = rawPost(place(member), ['authorization: Bearer demo-key']);
    const { responses } = await rawRequest(Number(new URL(baseUrl).port), bytes);
    expect([200, 400]).toContain(responses[0]!.status);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect((await post({})).status).toBe(200);
    expect(gateway.status().inFlight).toBe(0);
  });
});

describe('names of Object.prototype', () => {
  it.each(NAMES)('%s is no key, no model, no provider and no cached response', async (name) => {
    const { post, gateway } = await gatewayOver([await upstreamFor(chat('fine'))], { cache: {} });
    expect((await post({}, { headers: { authorization: `Bearer ${name}` } })).status).toBe(401);
    expect((await post({}, { headers: { authorization: `Bearer ${name.padEnd(16, '_')}` } })).status).toBe(401);
    expect((await post({ model: name })).status).toBe(404);
    expect((await post({ model: `${name}:m` })).status).toBe(404);
    expect((await post({ provider_only: [name] })).status).toBe(400);
    expect((await post({ provider_order: [name] })).status).toBe(200);
    expect(() => gateway.plan({ model: name, messages: [{ role: 'user', content: 'hi' }] })).toThrow(/model/i);
  });
});

describe('a response with such members', () => {
  const choice = `{"index":0,"message":{"role":"assistant","content":"fine","__proto__":${POISON}},"finish_reason":"stop"}`;
  const delta = `{"index":0,"delta":{"content":"fine","__proto__":${POISON},"constructor":{"prototype":${POISON}}},"finish_reason":"stop"}`;
  const whole = `{"id":"c","object":"chat.completion","choices":[${choice}],"usage":{"__proto__":${POISON}},"__proto__":${POISON}}`;
  const chunk = `{"id":"c","object":"chat.completion.chunk","choices":[${delta}],"__proto__":${POISON}}`;

  it.each([
    ['whole', json(whole)],
    ['streamed', sse([chunk, '[DONE]'])],
    ['as an error', json(`{"error":{"message":"no","__proto__":${POISON}}}`)],
  ])('%s changes nothing here, in either form, from the cache or not', async (_what, script) => {
    const { post } = await gatewayOver([await upstreamFor(script)], { cache: {}, maxAttempts: 1 });
    for (const stream of [false, true, false, true]) {
      const response = await post({ stream });
      expect([200, 502]).toContain(response.status);
      const { error } = await collectSse(response);
      expect(error).toBeUndefined();
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
