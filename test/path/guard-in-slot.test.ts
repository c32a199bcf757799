import { describe, expect, it } from 'vitest';
import { blockPatterns, detect, guard, redact, type SlotMiddleware } from '../../src/index.js';
import { chat, stream } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor } from './fixtures.js';

/** A guard that requests switch on by a header. */
function onDemand(chosen: ReturnType<typeof guard>): SlotMiddleware {
  return (req, res, next) => (req.headers['x-guard'] === 'on' ? chosen(req, res, next) : next());
}

const ON = { headers: { 'x-guard': 'on' } };

async function switchable(chosen: ReturnType<typeof guard>, text = 'Ask ada@example.com.') {
  const upstream = await upstreamFor(chat(text));
  const set = await gatewayOver([upstream], { cache: {}, middleware: { afterValidate: onDemand(chosen) } });
  const say = async (init?: RequestInit): Promise<string> => {
    const response = await set.post({}, init);
    const { choices } = (await response.json()) as { choices: [{ message: { content: string } }] };
    return `${response.headers.get('x-nordlys-cache')} ${choices[0].message.content}`;
  };
  return { ...set, upstream, say };
}

describe('the stage guard in a slot of the gateway', () => {
  it('guards the requests that pass it, and no others; neither gets the other’s cached response', async () => {
    const { say, upstream } = await switchable(guard({ output: [redact()] }));
    expect(await say()).toBe('MISS Ask ada@example.com.');
    expect(await say(ON)).toBe('MISS Ask ⟨email⟩.');
    expect(await say()).toBe('HIT Ask ada@example.com.');
    expect(await say(ON)).toBe('HIT Ask ⟨email⟩.');
    expect(upstream.ledger).toHaveLength(2);
  });

  it('redacts values in a stream that is cut anywhere', async () => {
    const text = 'Write to ada@example.com today.';
    const upstream = await upstreamFor(stream([...text].map((content) => ({ content }))));
    const { post } = await gatewayOver([upstream], {
      middleware: { afterValidate: onDemand(guard({ output: [redact()] })) },
    });
    const sent = await (await post({ stream: true }, ON)).text();
    const said = [...sent.matchAll(/"content":"([^"]*)"/g)].map(([, piece]) => piece).join('');
    expect(said).toBe('Write to ⟨email⟩ today.');
    expect(sent).toContain('[DONE]');
  });

  it('refuses before the upstream is called', async () => {
    const { post, upstream } = await switchable(guard({ input: [blockPatterns({ detect: [detect.email()] })] }));
    const messages = [{ role: 'user', content: 'I am ada@example.com' }];
    const response = await post({ messages }, ON);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 'content_blocked' } });
    expect(upstream.ledger).toEqual([]);
    expect((await post({ messages })).status).toBe(200);
  });
});
