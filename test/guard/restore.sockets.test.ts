import { describe, expect, it } from 'vitest';
import { detect, redact } from '../../src/index.js';
import { json, sse, type ScriptSource } from '../../src/testing/index.js';
import type { ChatRequest } from '../../src/chat/types.js';
import { rawPost, rawRequest } from '../support/raw-request.js';
import { FIXTURES } from './fixtures.js';
import { CHANNELS, chunk, textIn, world } from './support.js';

const PLACEHOLDER = /⟨[a-z-]+_[0-9a-f]{8}⟩/g;

function prompt(request: { readonly json: unknown }): string {
  return JSON.stringify((request.json as ChatRequest).messages);
}

describe('redact({ restore: true })', () => {
  it.each(FIXTURES)('$type $value stays with the client, and comes back in every channel', async ({ value }) => {
    const { upstream, post } = await world({
      guards: { input: [redact({ restore: true, secret: 'a secret of tests' })] },
    });
    const isJson = (name: string): boolean => name.startsWith('tool call') || name === 'function_call';
    const echo =
      (cut: (text: string) => string[]): ScriptSource =>
      (request) => {
        const placeholder = prompt(request).match(PLACEHOLDER)![0];
        const events = Object.entries(CHANNELS).flatMap(([name, delta], choice) =>
          cut(isJson(name) ? JSON.stringify({ to: placeholder }) : `To ${placeholder}.`).map((piece) =>
            chunk(delta(piece), choice),
          ),
        );
        const ends = Object.keys(CHANNELS).map((_, choice) => chunk({}, choice, 'stop'));
        return sse([...events, ...ends, '[DONE]']);
      };
    const cuts = [...Array(18).keys()].map((at) => (text: string) => [text.slice(0, at + 1), text.slice(at + 1)]);
    for (const cut of [(text: string) => [text], (text: string) => [...text], ...cuts]) {
      upstream.enqueue(echo(cut));
      const { chunks, isDone } = await post({ stream: true, messages: [{ role: 'user', content: `Mail ${value}!` }] });
      expect(isDone).toBe(true);
      for (const [choice, name] of Object.keys(CHANNELS).entries()) {
        const said = isJson(name) ? JSON.stringify({ to: value }) : `To ${value}.`;
        expect(textIn(chunks, choice, name), name).toBe(said);
      }
    }
    for (const { json: sent } of upstream.ledger) {
      expect(JSON.stringify(sent)).not.toContain(JSON.stringify(value).slice(1, -1));
    }
  });

  it('a placeholder that is escaped in tool arguments is restored, whatever its value needs of escapes', async () => {
    const { upstream, post } = await world({
      guards: { input: [redact({ restore: true, detect: [detect.pattern('name', /"Bob\\ \n"/)] })] },
    });
    upstream.enqueue((request) => {
      const [placeholder] = prompt(request).match(PLACEHOLDER)!;
      const escaped = placeholder!.replace('⟨', '\\u27e8').replace('⟩', '\\u27e9');
      const pieces = [...`{"to":"${escaped}"}`].map((piece) => chunk(CHANNELS['tool call 0']!(piece)));
      return sse([...pieces, chunk({}, 0, 'tool_calls'), '[DONE]']);
    });
    const { chunks } = await post({ stream: true, messages: [{ role: 'user', content: 'To "Bob\\ \n" now' }] });
    expect(JSON.parse(textIn(chunks, 0, 'tool call 0'))).toEqual({ to: '"Bob\\ \n"' });
  });

  it('requested JSON stays JSON', async () => {
    const { upstream, post } = await world({
      guards: { input: [redact({ restore: true, detect: [detect.privateKey()] })] },
    });
    const key = FIXTURES.find(({ type }) => type === 'private-key')!.value;
    upstream.enqueue((request) => {
      const [placeholder] = prompt(request).match(PLACEHOLDER)!;
      return json({
        choices: [{ index: 0, message: { content: JSON.stringify({ key: placeholder }) }, finish_reason: 'stop' }],
      });
    });
    const { completion } = await post({
      messages: [{ role: 'user', content: `Store ${key}` }],
      response_format: { type: 'json_object' },
    });
    expect(JSON.parse(completion.choices[0]!.message!.content!)).toEqual({ key });
  });

  it('placeholders are stable in a conversation, and differ between conversations and callers', async () => {
    const { upstream, post } = await world({
      keys: ['test-key', 'other-key'],
      guards: { input: [redact({ restore: true })] },
    });
    const first = { role: 'user', content: 'I am a@example.com.' };
    const later = [
      first,
      { role: 'assistant', content: 'Hello a@example.com' },
      { role: 'user', content: 'b@example.com, a@example.com' },
    ];
    await post({ messages: [first] });
    await post({ messages: later });
    await post({ messages: [{ role: 'user', content: 'Other: a@example.com' }] });
    await post({ messages: later.slice(1), session_id: 's' });
    await post({ messages: later, session_id: 's' });
    await post({ messages: later, session_id: 's' }, ['x-api-key: other-key']);
    const [one, two, three, four, five, six] = upstream.ledger.map((entry) => prompt(entry).match(PLACEHOLDER)!);
    expect(two).toEqual([one![0], one![0], two![2], one![0]]);
    expect(two![2]).not.toBe(one![0]);
    expect(three![0]).not.toBe(one![0]);
    expect(five!.slice(1)).toEqual(four);
    expect(six![0]).not.toBe(five![0]);
  });

  it('placeholders that the request did not make stay as they are', async () => {
    const { upstream, post } = await world({ guards: { input: [redact({ restore: true })] } });
    upstream.enqueue(sse([chunk({ content: 'Hi ⟨email_00000000⟩ and ⟨email⟩ ⟨' }), chunk({}, 0, 'stop'), '[DONE]']));
    const { completion } = await post({ stream: true, messages: [{ role: 'user', content: 'a@example.com' }] });
    expect(completion.choices[0]!.message!.content).toBe('Hi ⟨email_00000000⟩ and ⟨email⟩ ⟨');
  });

  it('what a guard of the response redacts is not restored', async () => {
    const { upstream, post } = await world({ guards: { input: [redact({ restore: true })], output: [redact()] } });
    upstream.enqueue((request) => {
      const [placeholder] = prompt(request).match(PLACEHOLDER)!;
      return sse([chunk({ content: `${placeholder} a@example.com` }), chunk({}, 0, 'stop'), '[DONE]']);
    });
    const { completion } = await post({ stream: true, messages: [{ role: 'user', content: 'a@example.com' }] });
    expect(completion.choices[0]!.message!.content).toBe('a@example.com ⟨email⟩');
  });
});

describe('redact() of prompts', () => {
  it('reads every text of the messages, escaped or not', async () => {
    const { upstream, post } = await world({ guards: { input: [redact()] } });
    const mail = 'a@example.com';
    const text = { type: 'text', text: mail };
    await post({
      messages: [
        { role: 'system', content: mail },
        { role: 'developer', content: [text] },
        {
          role: 'user',
          name: 'u',
          content: [text, { type: 'image_url', image_url: { url: `https://x.example/?m=${mail}` } }],
        },
        {
          role: 'assistant',
          content: null,
          refusal: mail,
          tool_calls: [
            { id: 'call_1', type: 'function', function: { name: 'send', arguments: '{"to":"a\\u0040example.com"}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'call_1', content: mail },
      ],
    });
    const [sent] = upstream.ledger.map((entry) => prompt(entry));
    expect(sent).not.toMatch(/example\.com"|0040/);
    expect(sent!.match(PLACEHOLDER)).toHaveLength(7);
    expect(JSON.parse(sent!)[3].tool_calls[0].function.arguments).toMatch(/^\{"to":"⟨email_[0-9a-f]{8}⟩"\}$/);
  });

  it('keeps the digits of members that it does not change', async () => {
    const { upstream, port } = await world({ guards: { input: [redact()] } });
    const body = '{"model":"m","big":12345678901234567890,"messages":[{"role":"user","content":"a@example.com"}]}';
    await rawRequest(port, rawPost(body, ['authorization: Bearer test-key']));
    expect(upstream.ledger[0]!.body.toString()).toContain('"big":12345678901234567890');
    expect(upstream.ledger[0]!.body.toString()).not.toContain('example.com');
  });

  it('only the surfaces that it is given', async () => {
    const { upstream, post } = await world({ guards: { input: [redact({ surfaces: ['user'] })] } });
    await post({
      messages: [
        { role: 'system', content: 'a@example.com' },
        { role: 'user', content: 'a@example.com' },
      ],
    });
    expect(prompt(upstream.ledger[0]!)).toMatch(/"system","content":"a@example\.com".*⟨email_/);
  });
});
