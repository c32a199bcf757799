import { describe, expect, it } from 'vitest';
import { chat, faults, json, raw, sse, stream } from '../../src/testing/index.js';
import { alone, expectHonestEnd, expectSpareResponse, faultyAndSpare, SPARE, textOf } from './fixtures.js';

const BODY = JSON.stringify({
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'whole' }, finish_reason: 'stop' }],
});
const delta = (content: string, finish_reason: string | null = null): object => ({
  id: 'c',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta: { content }, finish_reason }],
});

it('F20 JSON cut short at any byte is no response, and may be billed', async () => {
  let length = 0;
  const billed: boolean[] = [];
  const { post } = await alone(() => json(BODY.slice(0, length)), {
    hooks: { afterAttempt: ({ record }) => void billed.push(record.possiblyBilled) },
  });
  for (length = 0; length < BODY.length; length++) {
    expect((await post({ stream: length % 2 === 0 })).status).toBe(502);
  }
  expect(new Set(billed)).toEqual(new Set([true]));
});

it('F20 JSON with something behind it is no JSON', async () => {
  await expectSpareResponse(await faultyAndSpare(faults.brokenJson.script));
});

describe('F21 an event that is no JSON', () => {
  it('as the first: the next provider responds', async () => {
    const { post } = await faultyAndSpare(sse(['{"choices":[']));
    expect(await textOf(await post({ stream: true }))).toBe(SPARE);
  });

  it('later: what came before it is kept, it is not skipped, and the end is an error', async () => {
    const { post } = await faultyAndSpare(sse([delta('before '), '{"choices":[{', delta('after', 'stop'), '[DONE]']));
    expect(await expectHonestEnd(await post({ stream: true }))).toEqual({
      said: 'before ',
      code: 'invalid_upstream_event',
    });
  });
});

describe('F22 a body that contradicts its framing', () => {
  it.each(['cutChunk', 'badChunkSize', 'shortBody'] as const)('%s: the next provider responds', async (name) => {
    await expectSpareResponse(await faultyAndSpare(faults[name].script));
  });

  const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n';
  const event = `data: ${JSON.stringify(delta('begun '))}\n\n`;

  it.each([
    [
      'a chunk that stops within',
      `${HEAD}transfer-encoding: chunked\r\n\r\n${(event.length + 10).toString(16)}\r\n${event}`,
    ],
    [
      'a chunk size that is no number',
      `${HEAD}transfer-encoding: chunked\r\n\r\n${event.length.toString(16)}\r\n${event}\r\nxyz\r\n`,
    ],
    ['no last chunk', `${HEAD}transfer-encoding: chunked\r\n\r\n${event.length.toString(16)}\r\n${event}\r\n`],
    ['fewer bytes than content-length', `${HEAD}content-length: 9999\r\n\r\n${event}`],
  ])('%s, after the first event: ends with an error', async (_what, bytes) => {
    const { post } = await alone(raw(bytes));
    expect((await expectHonestEnd(await post({ stream: true }))).said).toBe('begun ');
  });
});

describe('F23 a stream that just ends', () => {
  it('after its finish reason is whole, and gets the [DONE] that it lacks', async () => {
    const { post } = await alone(stream('all of it', { done: false, framing: 'close' }));
    expect(await textOf(await post({ stream: true }))).toBe('all of it');
  });

  it('with [DONE] and without a finish reason is whole by the upstream’s own word', async () => {
    const { post } = await alone(stream('all of it', { finishReason: null }));
    expect(await textOf(await post({ stream: true }))).toBe('all of it');
  });

  it('without either is half a response', async () => {
    const { post } = await alone(faults.noFinish.script);
    expect((await expectHonestEnd(await post({ stream: true }))).code).toBe('upstream_truncated');
  });
});

describe('F24 another form than requested', () => {
  it('JSON for a stream, a stream for JSON: both are valid responses', async () => {
    const whole = await alone(faults.jsonForStream.script);
    expect(await textOf(await whole.post({ stream: true }))).toBe('Whole.');
    const streamed = await alone(faults.streamForJson.script);
    expect(await textOf(await streamed.post({}))).toBe('Streamed.');
  });

  it.each(['htmlPage', 'compressed'] as const)('%s: the next provider responds', async (name) => {
    await expectSpareResponse(await faultyAndSpare(faults[name].script));
  });
});

describe('F25 nothing in it', () => {
  it.each(['emptyBody', 'emptyChoices', 'onlyUsage', 'emptyStream', 'onlyDone'] as const)(
    '%s: the next provider responds; alone it is an error',
    async (name) => {
      const set = await faultyAndSpare(faults[name].script);
      await expectSpareResponse(set);
      const lone = await alone(faults[name].script);
      for (const streamed of [false, true]) expect((await lone.post({ stream: streamed })).status).toBe(502);
    },
  );
});

it.each([
  ['roles', {}],
  ['search results', { search_results: ['x'.repeat(400)] }],
])('F25 %s without end are no response: what is held back has a bound', async (_what, more) => {
  const roles = (function* () {
    for (;;) yield { choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }], ...more };
  })();
  const { post, faulty } = await faultyAndSpare(sse(roles), { timeouts: {} });
  expect(await textOf(await post({ stream: true }))).toBe(SPARE);
  const { closedBy, bytesSent } = await faulty.closed(faulty.ledger[0]!);
  expect(closedBy).toBe('client');
  // What the kernel holds on the way counts as sent.
  expect(bytesSent).toBeLessThan(20_000_000);
});

it.each([
  ['another version', 'HTTP/2.0 200 OK'],
  ['a switch to nothing', 'HTTP/1.1 101 Switching Protocols\r\n\r\nHTTP/1.1 200 OK'],
])('F26 a response in another protocol (%s) is none', async (_what, line) => {
  const head = `${line}\r\ncontent-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n`;
  await expectSpareResponse(await faultyAndSpare(raw(head + BODY)));
});

it('F40 an upstream that keeps sending after the end is aborted', async () => {
  const endless = (function* () {
    yield delta('all', 'stop');
    yield '[DONE]';
    for (;;) yield Buffer.alloc(16_384, ': more\n');
  })();
  const { post, faulty } = await alone(sse(endless));
  expect(await textOf(await post({ stream: true }))).toBe('all');
  const { closedBy } = await faulty.closed(faulty.ledger[0]!);
  expect(closedBy).toBe('client');
});

it('F41 a response before the body was read: its status counts, not the reset that follows', async () => {
  const { post, spare } = await faultyAndSpare(faults.respondsEarly.script);
  const long = { role: 'user', content: 'x'.repeat(900_000) };
  const response = await post({ messages: [long, long, long, long] });
  expect(response.status).toBe(413);
  expect(spare.ledger).toHaveLength(0);
});

describe('F42 bytes after the response belong to no response', () => {
  const own = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`;

  it.each([
    ['junk', [`${own}junk`]],
    ['half a head', [`${own}HTTP/1.1 200 OK\r\ncontent-le`]],
    ['a second response', [own + own.replace('whole', 'evil!')]],
    ['a second response a little later', [own, 20, own.replace('whole', 'evil!')]],
    ['junk a little later', [own, 20, 'junk']],
  ])('%s', async (_what, pieces) => {
    const { post, faulty } = await alone(chat('mine'));
    for (let time = 0; time < 3; time++) {
      faulty.enqueue(raw(pieces, { end: 'keep' }));
      expect(await textOf(await post({}))).toBe('whole');
      await new Promise((resolve) => setTimeout(resolve, 40));
      expect(await textOf(await post({}))).toBe('mine');
    }
  });
});
