import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatRequest } from '../../src/chat/types.js';
import { digestOfBytes, digestOfExactRequest, digestOfRequest, keyFor, tenantPart } from '../../src/cache/key.js';
import { exactNumber, parseExact } from '../../src/json/exact-numbers.js';
import { endpoint } from './support.js';

const digest = (request: object): string => digestOfRequest(request as ChatRequest, undefined);

/** The digest of a request that came as `text`. */
function digestOfText(text: string): string {
  const bytes = Buffer.from(text);
  return digestOfRequest(JSON.parse(text) as ChatRequest, { bytes, digest: digestOfBytes(bytes) });
}

/** A request in which every member of the published contract is set, the gateway's own included. */
const FULL: Readonly<Record<string, unknown>> = {
  model: 'small',
  models: ['small', 'large'],
  messages: [
    { role: 'system', content: 'Be brief.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'hi' },
        { type: 'image_url', image_url: { url: 'data:,x', detail: 'low' } },
      ],
    },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: 'c', content: '1' },
  ],
  audio: { format: 'wav', voice: 'alloy' },
  frequency_penalty: 0.5,
  logit_bias: { '50256': -100 },
  logprobs: true,
  max_completion_tokens: 10,
  max_tokens: 10,
  metadata: { a: 'b' },
  modalities: ['text'],
  n: 2,
  parallel_tool_calls: true,
  prediction: { type: 'content', content: 'x' },
  presence_penalty: 0.5,
  reasoning_effort: 'low',
  response_format: {
    type: 'json_schema',
    json_schema: { name: 's', schema: { type: 'object', properties: { a: {}, b: {} } } },
  },
  seed: 7,
  service_tier: 'default',
  stop: ['x'],
  store: false,
  temperature: 0.7,
  tool_choice: 'auto',
  tools: [
    { type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true } },
  ],
  top_logprobs: 2,
  top_p: 0.9,
  user: 'u',
  web_search_options: { search_context_size: 'low' },
  provider_order: ['alpha'],
  provider_only: ['alpha'],
  provider_ignore: ['beta'],
  provider_sort: 'price',
  provider_quantizations: ['fp8'],
  provider_data_collection: 'deny',
  provider_zdr: true,
  provider_enforce_distillable_text: true,
  provider_require_parameters: true,
  provider_max_prompt_price: 1,
  provider_max_completion_price: 1,
  provider_max_request_price: 1,
  provider_max_image_price: 1,
  safety_identifier: 's',
  prompt_cache_key: 'p',
  verbosity: 'low',
  never_heard_of_it: { top_k: 40 },
};

/** Every way to change one value somewhere inside `value`: paths and what to put there. */
function changesOf(
  value: unknown,
  path: readonly (string | number)[] = [],
): { path: readonly (string | number)[]; to: unknown }[] {
  const here = path.length === 0 ? [] : [{ path, to: otherThan(value) }];
  if (typeof value !== 'object' || value === null) return here;
  return [
    ...here,
    ...Object.entries(value).flatMap(([key, inner]) =>
      changesOf(inner, [...path, Array.isArray(value) ? Number(key) : key]),
    ),
  ];
}

function otherThan(value: unknown): unknown {
  if (typeof value === 'string') return `${value}!`;
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  return value === null ? 'not null' : null;
}

function changed(value: unknown, [head, ...rest]: readonly (string | number)[], to: unknown): unknown {
  if (head === undefined) return to;
  const copy: Record<string | number, unknown> | unknown[] = Array.isArray(value)
    ? [...value]
    : { ...(value as object) };
  (copy as Record<string | number, unknown>)[head] = changed(
    (value as Record<string | number, unknown>)[head],
    rest,
    to,
  );
  return copy;
}

/** The same value with the members of every object in another order. */
function shuffled(value: unknown, order: (keys: string[]) => string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, order));
  if (typeof value !== 'object' || value === null) return value;
  const members = value as Record<string, unknown>;
  return Object.fromEntries(order(Object.keys(members)).map((key) => [key, shuffled(members[key], order)]));
}

describe('the digest of a request', () => {
  it.each(changesOf(FULL).map(({ path, to }) => ({ name: path.join('.'), path, to })))(
    'changes with $name',
    ({ path, to }) => {
      expect(digest(changed(FULL, path, to) as object)).not.toBe(digest(FULL));
    },
  );

  it.each(Object.keys(FULL))('changes without %s', (member) => {
    const { [member]: _, ...rest } = FULL;
    expect(digest(rest)).not.toBe(digest(FULL));
  });

  it.each([{ stream: true }, { stream: false }, { stream: null }, { stream_options: { include_usage: true } }])(
    'does not change with %j',
    (form) => {
      expect(digest({ ...FULL, ...form })).toBe(digest(FULL));
    },
  );

  it('does not change with the order of members, at any depth', () => {
    expect(digest(shuffled(FULL, (keys) => keys.toReversed()) as object)).toBe(digest(FULL));
  });

  it('changes with the order of items', () => {
    expect(digest({ ...FULL, stop: ['a', 'b'] })).not.toBe(digest({ ...FULL, stop: ['b', 'a'] }));
  });

  it('distinguishes an absent member from null, and 1 from "1"', () => {
    const digests = [
      {},
      { seed: null },
      { seed: 1 },
      { seed: '1' },
      { seed: true },
      { seed: [1] },
      { seed: { 0: 1 } },
    ].map(digest);
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('is the same for the text of a request and the request itself', () => {
    expect(digestOfText(JSON.stringify(FULL))).toBe(digest(FULL));
    expect(digestOfText(JSON.stringify(FULL, null, 2))).toBe(digest(FULL));
  });

  it('is the same exactly when two requests are equivalent', () => {
    const member = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
      fc.array(fc.string(), { maxLength: 3 }),
      fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer()), { maxKeys: 4 }),
    );
    const request = fc.dictionary(
      fc.string().filter((key) => key !== 'stream' && key !== 'stream_options'),
      member,
      { maxKeys: 6 },
    );
    fc.assert(
      fc.property(request, request, (one, other) => {
        const same = JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
        expect(digest(one) === digest(other)).toBe(same);
        expect(digestOfText(JSON.stringify(shuffled(one, (keys) => keys.toReversed())))).toBe(digest(one));
      }),
      { numRuns: 300 },
    );
  });

  const bigIntegers: [string, string][] = [
    ['{"seed":9007199254740992}', '{"seed":9007199254740993}'],
    ['{"seed":-9007199254740992}', '{"seed":-9007199254740993}'],
    ['{"a":9007199254740992,"b":9007199254740993}', '{"a":9007199254740993,"b":9007199254740992}'],
    ['{"ids":[12345678901234567890]}', '{"ids":[12345678901234567891]}'],
    ['{"user":"9007199254740992"}', '{"user":9007199254740992}'],
  ];
  it.each(bigIntegers)('distinguishes %s from %s', (one, other) => {
    expect(digestOfText(one)).not.toBe(digestOfText(other));
  });

  it('is the same for a big integer whatever the order of members, and for a small one', () => {
    expect(digestOfText('{"a":9007199254740993,"b":1}')).toBe(digestOfText('{"b":1, "a":9007199254740993}'));
    expect(digestOfText('{"a":1234567890123456}')).toBe(digest({ a: 1234567890123456 }));
  });

  it('identifies a very large body by its bytes', () => {
    const large = { messages: [{ role: 'user', content: 'x'.repeat(1_100_000) }] };
    const one = digestOfText(JSON.stringify({ a: 1, ...large }));
    expect(one).toBe(digestOfText(JSON.stringify({ a: 1, ...large })));
    expect(one).not.toBe(digestOfText(JSON.stringify({ a: 2, ...large })));
  });

  it('treats hostile member names as members', () => {
    const names = ['{"__proto__":{"a":1}}', '{"__proto__":{"a":2}}', '{"constructor":1}', '{"toJSON":1}', '{}'];
    expect(new Set(names.map(digestOfText)).size).toBe(names.length);
  });
});

describe('a key', () => {
  it('begins with the tenant and is short ASCII', () => {
    expect(keyFor('tenant-a', endpoint(), digest(FULL))).toMatch(/^tenant-a:[\w-]{43}$/);
  });

  const provider = endpoint().provider;
  const others = [
    { it: 'the tenant', key: keyFor('tenant-b', endpoint(), 'd') },
    { it: 'the request', key: keyFor('tenant-a', endpoint(), 'e') },
    { it: 'the slug', key: keyFor('tenant-a', endpoint('alpha', { slug: 'alpha/fast' }), 'd') },
    { it: 'the model', key: keyFor('tenant-a', endpoint('alpha', { model: 'other' }), 'd') },
    {
      it: "the upstream's name of the model",
      key: keyFor('tenant-a', endpoint('alpha', { upstreamModel: 'other' }), 'd'),
    },
    {
      it: "the provider's origin",
      key: keyFor(
        'tenant-a',
        endpoint('alpha', { provider: { ...provider, url: { ...provider.url, origin: 'https://other.test' } } }),
        'd',
      ),
    },
    {
      it: "the provider's path",
      key: keyFor(
        'tenant-a',
        endpoint('alpha', { provider: { ...provider, url: { ...provider.url, path: '/v2' } } }),
        'd',
      ),
    },
  ];
  it.each(others)('changes with $it', ({ key }) => {
    expect(key).not.toBe(keyFor('tenant-a', endpoint(), 'd'));
  });

  it('keeps callers apart whatever their ids look like', () => {
    const ids = [
      'a',
      'A',
      'a:b',
      '*',
      '#',
      'ä',
      ' ',
      '',
      'x'.repeat(64),
      'x'.repeat(65),
      'x'.repeat(66),
      '__proto__',
      'a\n',
    ];
    const parts = ids.map(tenantPart);
    expect(new Set(parts).size).toBe(ids.length);
    expect(parts.every((part) => /^[#\w.@-]{1,64}$/.test(part))).toBe(true);
    expect(parts).not.toContain('*');
  });
});

function sorted(value: unknown): unknown {
  return shuffled(value, (keys) => keys.toSorted());
}

describe('the digest of a request that was changed', () => {
  const exactDigest = (text: string): string => digestOfExactRequest(parseExact(text) as ChatRequest);

  it('is that of the same request as it was received', () => {
    const text = '{"model":"small","seed":9007199254740993,"messages":[]}';
    expect(exactDigest(text)).toBe(digestOfText(text));
  });

  it('tells keys apart that JSON.parse may take for the same one', () => {
    // From now on V8 takes either key for the first two characters of its spelling (nodejs/node#63785).
    JSON.parse('{"shapeOfDigests":1,"\\\\u":1}');
    const texts = ['\\u65e5\\u672c', '\\u4e2d\\u6587'].map((key) => `{"shapeOfDigests":9007199254740993,"${key}":1}`);
    expect(new Set(texts.map((text) => digestOfText(text))).size).toBe(2);
    JSON.parse('{"otherDigests":1,"\\\\\\"":1}');
    const quoted = ['"a', '"b'].map((key) => ({ otherDigests: 1, [key]: exactNumber('9007199254740993') }));
    expect(new Set(quoted.map((request) => digestOfExactRequest(request as unknown as ChatRequest))).size).toBe(2);
  });

  it('tells long numbers apart, however long the request is', () => {
    for (const content of ['', 'x'.repeat(100_000)]) {
      const [one, other] = ['9007199254740993', '9007199254740992'].map((seed) =>
        exactDigest(`{"seed":${seed},"messages":[{"role":"user","content":"${content}"}]}`),
      );
      expect(one).not.toBe(other);
    }
  });
});
