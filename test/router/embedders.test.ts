import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  hashingEmbedder,
  openaiEmbedder,
  transformersEmbedder,
  type TransformersModule,
} from '../../src/router/index.js';
import { listen } from '../support/listen.js';
import { sample } from './sample-checkpoint.js';

const { signal } = new AbortController();

describe('hashingEmbedder', () => {
  const embed = hashingEmbedder();
  const likeness = (a: string, b: string): number => {
    const [left, right] = [embed(a), embed(b)];
    return left.reduce((sum, value, index) => sum + value * right[index]!, 0);
  };

  it('returns the same vector of unit length for the same text', () => {
    const first = embed('How many legs has a spider?');
    embed('something else in between');
    expect(embed('How many legs has a spider?')).toEqual(first);
    expect(Math.hypot(...first)).toBeCloseTo(1, 5);
  });

  it('sees through letter case and white space', () => {
    expect(embed('  Hello\n\tWorld ')).toEqual(embed('hello world'));
  });

  it('finds like texts alike', () => {
    expect(likeness('write a function to sort a list', 'write a function to reverse a list')).toBeGreaterThan(
      likeness('write a function to sort a list', 'who won the battle of Hastings?') + 0.3,
    );
  });

  it.each(['', ' \n ', '\u0000', '🙂'.repeat(3_000), 'é\u0301ß漢字', '\uD800'])('accepts any text (%j)', (text) => {
    const vector = embed(text);
    expect(vector.every((value) => Number.isFinite(value))).toBe(true);
  });

  it('reads 4,096 characters and no more', () => {
    const long = 'ab '.repeat(2_000);
    expect(embed(`${long}the end`)).toEqual(embed(`${long}another end`));
  });

  it('refuses a checkpoint that was made with another embedder', () => {
    expect(() => hashingEmbedder(sample)).toThrow(/made with "test", not with the hashing embedder/);
  });
});

describe('openaiEmbedder', () => {
  async function endpoint(status: number, body: string) {
    const seen: { url?: string | undefined; key?: string | undefined; body: string }[] = [];
    const server = await listen(
      createServer((req, res) => {
        let text = '';
        req.on('data', (chunk: Buffer) => (text += chunk.toString()));
        req.on('end', () => {
          seen.push({ url: req.url, key: req.headers.authorization, body: text });
          res.writeHead(status, { 'content-type': 'application/json' }).end(body);
        });
      }),
    );
    onTestFinished(() => server.close());
    const embed = openaiEmbedder({
      baseUrl: `${server.url}/v1/`,
      apiKey: async () => 'secret',
      model: 'e',
      dimensions: 3,
    });
    return { embed, seen };
  }

  it('calls the endpoint, and returns its vector', async () => {
    const { embed, seen } = await endpoint(200, JSON.stringify({ data: [{ embedding: [1, 2, 3] }] }));
    expect(await embed('hello', { signal })).toEqual([1, 2, 3]);
    expect(seen[0]).toMatchObject({ url: '/v1/embeddings', key: 'Bearer secret' });
    expect(JSON.parse(seen[0]!.body)).toEqual({ model: 'e', input: 'hello', encoding_format: 'float', dimensions: 3 });
  });

  it.each([
    [500, '{}', /status 500/],
    [200, 'nope', /not JSON/],
    [200, '{"data":[]}', /no data\[0\]\.embedding/],
    [200, '{"data":[{"embedding":["1"]}]}', /no data\[0\]\.embedding/],
    [200, ' '.repeat(5_000_000), /more than 4194304 bytes/],
  ])('rejects %s %.20j', async (status, body, message) => {
    const { embed } = await endpoint(status, body);
    await expect(embed('hello', { signal })).rejects.toThrow(message);
  });

  it('ends its call when it is aborted', async () => {
    const server = await listen((req) => void req.resume());
    const arrived = once(server.server, 'request');
    onTestFinished(() => server.close());
    const controller = new AbortController();
    const call = openaiEmbedder({ baseUrl: server.url, model: 'e' })('x', { signal: controller.signal });
    const [request] = (await arrived) as [IncomingMessage];
    const closed = once(request.socket, 'close');
    controller.abort();
    await expect(call).rejects.toThrow();
    await closed;
  });

  it.each([
    [{ baseUrl: 'ftp://x', model: 'e' }, /baseUrl must be an http or https URL/],
    [{ baseUrl: 'https://x', model: '' }, /model must be a non-empty string/],
  ])('refuses %o', (options, message) => {
    expect(() => openaiEmbedder(options)).toThrow(message);
  });
});

describe('transformersEmbedder', () => {
  it('loads its model once, and again after a failure', async () => {
    let loads = 0;
    const module: TransformersModule = {
      async pipeline(task, model, options) {
        loads++;
        if (loads === 1) throw new Error('offline');
        expect([task, model, options]).toEqual(['feature-extraction', 'mini', { dtype: 'q8' }]);
        return async (_input, { pooling, normalize }) => ({ data: [pooling === 'mean' ? 1 : 0, normalize ? 1 : 0] });
      },
    };
    const embed = transformersEmbedder('mini', { module, pipeline: { dtype: 'q8' } });
    await expect(embed('a', { signal })).rejects.toThrow('offline');
    expect(await embed('a', { signal })).toEqual(Float32Array.of(1, 1));
    await embed('b', { signal });
    expect(loads).toBe(2);
  });

  it('names the package that is missing', async () => {
    await expect(transformersEmbedder('mini')('a', { signal })).rejects.toThrow(
      /npm install @huggingface\/transformers/,
    );
  });
});
