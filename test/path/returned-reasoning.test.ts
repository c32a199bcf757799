import { describe, expect, it } from 'vitest';
import { anthropicReply, chat, error, json, type Script } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor } from './fixtures.js';

const GROQ = error(400, {
  error: {
    message:
      "'messages.1' : for 'role:assistant' the following must be satisfied[('messages.1' : property 'reasoning_content' is unsupported)]",
    type: 'invalid_request_error',
  },
});
const MISTRAL = json(
  {
    detail: [
      {
        type: 'extra_forbidden',
        loc: ['body', 'messages', 1, 'assistant', 'reasoning'],
        msg: 'Extra inputs are not permitted',
      },
    ],
  },
  { status: 422 },
);

const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } };
const REASONING = {
  reasoning: 'Hm.',
  reasoning_content: 'Hm.',
  reasoning_details: [{ type: 'reasoning.text', text: 'Hm.', signature: 's', format: 'anthropic-claude-v1', index: 0 }],
};
const bare = { role: 'assistant', content: null, tool_calls: [call] };
const signed = { ...call, extra_content: { google: { thought_signature: 's' } } };
const conversation = [
  { role: 'user', content: 'What is the "reasoning_content"?' },
  { ...bare, ...REASONING, tool_calls: [signed] },
  { role: 'tool', tool_call_id: 'call_1', content: '7' },
];

async function over(...scripts: Script[]) {
  const upstream = await upstreamFor(chat('served'));
  upstream.enqueue(...scripts);
  const set = await gatewayOver([upstream], { maxAttempts: 1, keys: ['demo-key', 'other-key'] });
  const sent = (): unknown[] =>
    upstream.ledger.map(({ json: body }) => (body as { messages: Record<string, unknown>[] }).messages[1]);
  return { ...set, upstream, sent };
}

describe('reasoning of an earlier response', () => {
  it.each([
    ['Groq', GROQ, false],
    ['Mistral', MISTRAL, true],
  ])('refused by %s is left out of a second attempt, at no cost, and of later requests', async (_, refusal, stream) => {
    const { post, sent } = await over(refusal);
    for (let time = 0; time < 2; time++) {
      const response = await post({ messages: conversation, stream });
      expect(response.status).toBe(200);
      expect(await response.text()).toContain('served');
    }
    expect(sent()).toEqual([conversation[1], bare, bare]);
  });

  it('refused for one caller, who may have sent an invalid one, is still sent for another', async () => {
    const { post, sent } = await over(GROQ);
    await (await post({ messages: conversation })).text();
    const other = await post({ messages: conversation }, { headers: { authorization: 'Bearer other-key' } });
    expect(other.status).toBe(200);
    expect(sent()).toEqual([conversation[1], bare, conversation[1]]);
  });

  it('is sent to upstreams that do not refuse it', async () => {
    const { post, sent } = await over();
    await (await post({ messages: conversation })).text();
    expect(sent()).toEqual([conversation[1]]);
  });

  it('refused where none was sent: the error is relayed after one attempt', async () => {
    const { post, upstream } = await over(GROQ, GROQ);
    const response = await post({ messages: [conversation[0], bare, conversation[2]] });
    expect(response.status).toBe(400);
    expect(upstream.ledger).toHaveLength(1);
  });

  it.each([
    ['no list', 'Hi'],
    ['lists of other values', [null, 1, { role: 'assistant', tool_calls: [null] }]],
  ])('in messages of a hook that are %s is not looked for', async (_what, messages) => {
    const upstream = await upstreamFor(GROQ);
    const beforeAttempt = ({ request }: { request: object }) => ({ request: { ...request, messages } });
    const { post } = await gatewayOver([upstream], { hooks: { beforeAttempt } } as never);
    const response = await post({});
    expect(response.status).toBe(400);
    expect(upstream.ledger).toHaveLength(1);
  });

  it('refused twice: the upstream’s error is relayed', async () => {
    const { post, upstream } = await over(GROQ, GROQ);
    const response = await post({ messages: conversation });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("property 'reasoning_content' is unsupported");
    expect(upstream.ledger).toHaveLength(2);
  });

  it('of Claude does not end a conversation that moves to a strict provider', async () => {
    const claude = await upstreamFor(anthropicReply({ thinking: { text: 'Hm.', signature: 's' }, text: 'Hello.' }));
    const strict = await upstreamFor(chat('served'));
    const { post } = await gatewayOver([], {
      providers: {
        claude: { format: 'anthropic', baseUrl: new URL(claude.baseUrl).origin, models: ['claude-sonnet-4-5'] },
        strict: { baseUrl: strict.baseUrl, models: ['m'] },
      },
    });
    const user = { role: 'user', content: 'Hi' };
    const first = await post({ model: 'claude-sonnet-4-5', messages: [user] });
    const { choices } = (await first.json()) as { choices: { message: Record<string, unknown> }[] };
    expect(choices[0]!.message).toHaveProperty('reasoning_details');
    strict.enqueue(GROQ);
    const second = await post({ messages: [user, choices[0]!.message, user] });
    expect(second.status).toBe(200);
    expect(strict.ledger.at(-1)?.json).toMatchObject({
      messages: [user, { role: 'assistant', content: 'Hello.', refusal: null }, user],
    });
  });
});
