import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CompletionAssembler } from '../../src/chat/assemble.js';
import type { ChatChunk } from '../../src/chat/types.js';
import type { ModelFacts } from '../../src/contracts/wire-format.js';
import { azure } from '../../src/formats/azure/azure.js';
import { deepFreeze } from '../../src/testing/contract-test.js';
import { json } from '../validate/arbitraries.js';

const model = (upstreamModel: string): ModelFacts => ({ upstreamModel, maxCompletionTokens: undefined, traits: {} });

describe('the path', () => {
  it('names the deployment and the version', () => {
    expect(azure().pathFor!(model('gpt-4o'), false)).toBe(
      '/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21',
    );
    expect(azure({ apiVersion: '2025-04-01-preview' }).pathFor!(model('my dep/1'), true)).toBe(
      '/openai/deployments/my%20dep%2F1/chat/completions?api-version=2025-04-01-preview',
    );
  });

  it('cannot be escaped by a deployment name', () => {
    expect(() => azure().pathFor!(model('..'), false)).toThrow('model name');
    expect(() => azure().pathFor!(model(''), false)).toThrow('model name');
  });

  it('has the base URL of its resource', () => {
    expect(azure({ resource: 'my-resource' }).defaultBaseUrl).toBe('https://my-resource.openai.azure.com');
    expect(azure().defaultBaseUrl).toBeUndefined();
    expect(azure().auth).toBe('api-key');
  });

  it.each([
    [{ apiVersion: 'latest' }, 'azure().apiVersion must be a version'],
    [{ apiVersion: '2024-10-21&x=1' }, 'azure().apiVersion must be a version'],
    [{ resource: 'evil.example/' }, 'azure().resource must be the name'],
    [{ apiversion: '2024-10-21' }, 'Did you mean "apiVersion"?'],
  ])('refuses a wrong option: %j', (options, message) => {
    expect(() => azure(options as object)).toThrow(message);
  });
});

const HEAD = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 17, model: 'gpt-4o' };
const EMPTY_HEAD = { id: '', object: '', created: 0, model: '' };
const filters = { hate: { filtered: false, severity: 'safe' } };

function decode(events: readonly unknown[]): { chunks: ChatChunk[]; done: boolean } {
  const decoder = azure().createChunkDecoder!();
  const chunks: ChatChunk[] = [];
  let done = false;
  for (const data of events) {
    const read = decoder({ event: undefined, data: typeof data === 'string' ? data : JSON.stringify(data) });
    if (read === 'done') done = true;
    else chunks.push(...read);
  }
  return { chunks, done };
}

describe('a stream', () => {
  const text = { ...HEAD, choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: null }] };
  const stop = { ...HEAD, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };
  const usage = { ...HEAD, choices: [], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } };

  it('begins with the first chunk that has choices', () => {
    const prompt = {
      ...EMPTY_HEAD,
      choices: [],
      prompt_filter_results: [{ prompt_index: 0, content_filter_results: filters }],
    };
    expect(decode([prompt, text, stop, usage, '[DONE]'])).toEqual({ chunks: [text, stop, usage], done: true });
    expect(decode([{ ...prompt, usage: null }, text])).toEqual({ chunks: [text], done: false });
  });

  it('adds a delta and one identity to the chunks of an asynchronous filter', () => {
    const late = {
      ...EMPTY_HEAD,
      choices: [
        { index: 0, finish_reason: null, content_filter_results: filters, content_filter_offsets: { check_offset: 1 } },
      ],
    };
    const { chunks } = decode([text, late, stop, late]);
    const fixed = { ...HEAD, choices: [{ ...late.choices[0], delta: {} }] };
    expect(chunks).toEqual([text, fixed, stop, fixed]);
  });

  it('keeps what it does not know', () => {
    const more = { ...text, system_fingerprint: 'fp', x: { y: 1 } };
    expect(decode([more]).chunks).toEqual([more]);
  });

  it('ends as failed with the error in it', () => {
    const error = { error: { code: 'content_filter', message: 'Filtered.' } };
    expect(decode([error]).chunks).toEqual([error]);
    const decoder = azure().createChunkDecoder!();
    expect(decoder({ event: 'error', data: '{"message":"Down."}' })).toEqual([{ error: { message: 'Down.' } }]);
  });

  it('of one caller is independent of another', () => {
    const [one, other] = [azure().createChunkDecoder!(), azure().createChunkDecoder!()];
    const late = JSON.stringify({ ...EMPTY_HEAD, choices: [{ index: 0 }] });
    one({ event: undefined, data: JSON.stringify(text) });
    expect(one({ event: undefined, data: late })).toMatchObject([{ id: 'chatcmpl-1' }]);
    expect(other({ event: undefined, data: late })).toMatchObject([{ id: '' }]);
  });

  it('of junk throws, or returns chunks that clients can read', () => {
    fc.assert(
      fc.property(fc.oneof(json, fc.record({ choices: json })), (value) => {
        let chunks: ChatChunk[];
        try {
          chunks = decode([value]).chunks;
        } catch {
          return;
        }
        for (const chunk of chunks) {
          if ('error' in chunk && chunk['error'] !== null) continue;
          expect(Array.isArray(chunk.choices)).toBe(true);
          for (const choice of chunk.choices!) expect(typeof choice.delta).toBe('object');
          new CompletionAssembler().add(chunk);
        }
      }),
    );
  });
});

describe('an error', () => {
  const read = (body: unknown, status = 400, headers = {}) =>
    azure().decodeError!(deepFreeze(structuredClone(body)), { status, headers });

  it('of the content filter is the request’s own, and its details stay here', () => {
    const innererror = { code: 'ResponsibleAIPolicyViolation', content_filter_result: filters };
    const body = { error: { code: 'content_filter', message: 'Filtered.', param: 'prompt', type: null, innererror } };
    expect(read(body)).toEqual({
      code: 'content_filter',
      message: 'Filtered.',
      param: 'prompt',
      type: null,
      kind: 'rejected',
      reasons: ['ResponsibleAIPolicyViolation'],
    });
    expect(read({ error: { ...body.error, code: null } })).toMatchObject({ kind: 'rejected' });
  });

  it('reports how long to wait', () => {
    const body = { error: { code: '429', message: 'Please retry after 26 seconds.' } };
    expect(read(body, 429, { 'retry-after-ms': '25500' })).toMatchObject({ retryAfterMs: 25_500, status: 429 });
    expect(read(body, 429)).toMatchObject({ retryAfterMs: 26_000 });
    expect(read({ error: { message: 'Busy.' } }, 429)).not.toHaveProperty('retryAfterMs');
  });

  it('of a missing deployment moves on', () => {
    const body = { error: { code: 'DeploymentNotFound', message: 'The API deployment does not exist.' } };
    expect(read(body, 404)).toMatchObject({ kind: 'model_missing' });
    expect(read({ error: { code: 'PermissionDenied', message: 'No.' } }, 401)).toMatchObject({ kind: 'auth' });
    expect(read({ error: { message: 'Unrecognized request argument supplied: x' } })).not.toHaveProperty('kind');
  });

  it('is not found in junk', () => {
    for (const junk of [undefined, null, 1, [], {}, { error: null }]) expect(read(junk)).toBeUndefined();
  });
});
