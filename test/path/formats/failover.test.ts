import { describe, expect, it } from 'vitest';
import type { AttemptRecord } from '../../../src/index.js';
import { error } from '../../../src/testing/index.js';
import { gatewayOfWires, NATIVE, WIRES, type Wire } from './wires.js';

const wire = (name: string): Wire => WIRES.find((one) => one.name === name)!;
const CHAIN = ['openai', 'anthropic', 'gemini'].map(wire);
const LONG = { text: 'one two three four five six seven eight' };

async function chain(wires: readonly Wire[] = CHAIN) {
  const records: AttemptRecord[] = [];
  const hooks = { afterAttempt: ({ record }: { record: AttemptRecord }) => void records.push(record) };
  return { ...(await gatewayOfWires(wires, { hooks })), records };
}

const payloadsOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5).trim());

describe('from an OpenAI-shaped provider to a Claude to a Gemini', () => {
  it.each([false, true])(
    'a request moves on, and the client sees one kind of response (stream: %s)',
    async (stream) => {
      const set = await chain();
      const [first, second, third] = set.upstreams;
      first!.always(CHAIN[0]!.fails(500));
      second!.always(CHAIN[1]!.fails(529));
      third!.always(CHAIN[2]!.say({ text: 'From the third.' }));
      const response = await set.post({ stream });
      const text = await response.text();
      expect(response.status).toBe(200);
      expect(response.headers.get('x-nordlys-provider')).toBe('p2');
      expect(set.records.map(({ outcome }) => outcome)).toEqual(['server_error', 'overloaded', 'ok']);
      if (!stream) {
        expect(JSON.parse(text)).toMatchObject({
          object: 'chat.completion',
          choices: [{ index: 0, message: { role: 'assistant', content: 'From the third.' }, finish_reason: 'stop' }],
        });
        return;
      }
      const payloads = payloadsOf(text);
      expect(payloads.at(-1)).toBe('[DONE]');
      const chunks = payloads.slice(0, -1).map((json) => JSON.parse(json) as { id: string; object: string });
      expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
      expect(chunks.every(({ object }) => object === 'chat.completion.chunk')).toBe(true);
    },
  );

  it('what breaks before the first content chunk is not seen', async () => {
    const set = await chain();
    const [first, second, third] = set.upstreams;
    first!.always(CHAIN[0]!.say(LONG, { afterEvents: 1, end: 'reset' }));
    second!.always(CHAIN[1]!.say(LONG, { afterEvents: 2, end: 'fin' }));
    third!.always(CHAIN[2]!.say({ text: 'Whole.' }));
    const text = await (await set.post({ stream: true })).text();
    expect(text).toContain('Whole.');
    expect(text).not.toContain('one');
    expect(set.records.map(({ outcome }) => outcome)).toEqual(['truncated', 'truncated', 'ok']);
  });

  it('a failure after it ends in an error event, and no other provider is called', async () => {
    for (const [index, broken] of CHAIN.entries()) {
      const order = [broken, ...CHAIN.filter((one) => one !== broken)];
      const set = await chain(order);
      set.upstreams[0]!.always(broken.say(LONG, { afterEvents: 5, end: 'reset' }));
      const text = await (await set.post({ stream: true })).text();
      const payloads = payloadsOf(text);
      expect(payloads, String(index)).not.toContain('[DONE]');
      expect(JSON.parse(payloads.at(-1)!)).toMatchObject({ error: { message: expect.any(String) } });
      expect(set.upstreams[1]!.ledger).toHaveLength(0);
    }
  });

  it('a request that Claude cannot express goes to another endpoint, without an upstream call', async () => {
    const set = await chain([CHAIN[1]!, CHAIN[2]!]);
    set.upstreams[1]!.always(CHAIN[2]!.say({ text: 'Two.' }));
    const response = await set.post({ n: 2 });
    await response.text();
    expect(response.headers.get('x-nordlys-provider')).toBe('p1');
    expect(set.records.map(({ outcome }) => outcome)).toEqual(['unsupported', 'ok']);
    expect(set.upstreams[0]!.ledger).toHaveLength(0);
    expect(set.gateway.status().endpoints[0]?.readiness).toMatchObject({ coolsForMs: 0, breaker: { failures: 0 } });
  });

  it('a request that no candidate can express is a 400 with its path', async () => {
    const set = await chain([CHAIN[1]!]);
    const response = await set.post({ n: 2 });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { code: 'unsupported_by_provider', param: 'n', type: 'invalid_request_error' },
    });
    expect(set.upstreams[0]!.ledger).toHaveLength(0);
  });

  it('with `require_parameters` a member that would be dropped causes a fallback', async () => {
    const set = await chain([CHAIN[1]!, CHAIN[2]!]);
    set.upstreams[1]!.always(CHAIN[2]!.say({ text: 'Both.' }));
    const body = { temperature: 0.4, top_p: 0.4, provider: { require_parameters: true } };
    const response = await set.post(body);
    await response.text();
    expect(response.headers.get('x-nordlys-provider')).toBe('p1');
    expect(set.records.map(({ outcome }) => outcome)).toEqual(['unsupported', 'ok']);
  });
});

describe('a conversation that moves to another vendor', () => {
  it('drops the signatures that the new one cannot read, and stays where they are read', async () => {
    const set = await chain([CHAIN[0]!, CHAIN[1]!, CHAIN[2]!]);
    const message = {
      role: 'assistant',
      content: 'Rain.',
      reasoning_details: [
        { type: 'reasoning.text', text: 'Hm.', signature: 'c2ln', format: 'anthropic-claude-v1', index: 0 },
      ],
    };
    const messages = [{ role: 'user', content: 'hi' }, message, { role: 'user', content: 'And now?' }];
    set.upstreams[1]!.always(CHAIN[1]!.say({ text: 'Sun.' }));
    const response = await set.post({ messages });
    await response.text();
    expect(response.headers.get('x-nordlys-provider')).toBe('p1');
    expect(set.upstreams[1]!.ledger[0]!.text).toContain('c2ln');

    set.upstreams[1]!.always(CHAIN[1]!.fails(500));
    set.upstreams[0]!.always(CHAIN[0]!.fails(500));
    set.upstreams[2]!.always(CHAIN[2]!.say({ text: 'Snow.' }));
    expect(await (await set.post({ messages })).text()).toContain('Snow.');
    expect(set.upstreams[2]!.ledger[0]!.text).not.toContain('c2ln');
  });
});

describe.each(NATIVE.map((one) => [one.name, one] as const))('%s', (_name, one: Wire) => {
  it.each([401, 403, 404, 429, 500, 503, 529])('a %s with a page of an intermediary moves on', async (status) => {
    const set = await chain([one, wire('openai')]);
    set.upstreams[0]!.always(error(status, '<html><title>Oops</title></html>', { 'content-type': 'text/html' }));
    set.upstreams[1]!.always(wire('openai').say({ text: 'Fine.' }));
    expect(await (await set.post({})).text()).toContain('Fine.');
  });

  it('shares one upstream call between equal requests', async () => {
    const set = await gatewayOfWires([one], { cache: { coalesce: true } });
    set.upstream.always(one.say({ text: 'Shared.' }));
    const texts = await Promise.all([1, 2, 3].map(async () => (await set.post({ stream: true })).text()));
    expect(new Set(texts).size).toBe(1);
    expect(set.upstream.ledger).toHaveLength(1);
  });
});
