import http from 'node:http';
import https from 'node:https';
import { optionalCount, text } from '../../options/checks.js';
import type { Embedder } from './embedder.js';
import { isRecord } from '../../util/json-object.js';

/** Where an OpenAI-compatible `/embeddings` endpoint is, and its model. */
export interface OpenAIEmbedderOptions {
  /** `/embeddings` is appended. */
  readonly baseUrl: string;
  /** Sent as `Authorization: Bearer`. */
  readonly apiKey?: string | (() => string | Promise<string>) | undefined;
  /** Name of the embedding model. */
  readonly model: string;
  /** Asks for shorter vectors, where the model can give them. */
  readonly dimensions?: number | undefined;
  /** Added to each request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Largest response that is read, in bytes: about 100,000 numbers. */
const MAX_RESPONSE_BYTES = 4 * 1024 * 1024;
/** Where the caller sets no limit: training waits for this long. */
const TIMEOUT_MS = 30_000;

/**
 * An embedder behind any OpenAI-compatible `/embeddings` endpoint.
 * @throws TypeError naming the option at fault.
 * @example
 * checkpointRouter(checkpoint, {
 *   embed: openaiEmbedder({ baseUrl: 'https://api.openai.com/v1', apiKey, model: 'text-embedding-3-small' }),
 * });
 */
export function openaiEmbedder(options: OpenAIEmbedderOptions): Embedder {
  const url = embeddingsUrl(options.baseUrl);
  const model = text('openaiEmbedder: model', options.model);
  const dimensions = optionalCount('openaiEmbedder: dimensions', options.dimensions, 'numbers');
  const client = url.protocol === 'https:' ? https : http;
  const agent = new client.Agent({ keepAlive: true, maxFreeSockets: 8 });
  return async function embed(input, { signal }) {
    const key = typeof options.apiKey === 'function' ? await options.apiKey() : options.apiKey;
    const body = Buffer.from(JSON.stringify({ model, input, encoding_format: 'float', dimensions }));
    const headers = {
      ...options.headers,
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      'content-type': 'application/json',
      'content-length': body.length,
      accept: 'application/json',
    };
    const request = client.request(url, {
      method: 'POST',
      agent,
      headers,
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    return vectorOf(await exchange(request, body));
  };
}

function embeddingsUrl(baseUrl: unknown): URL {
  const base = text('openaiEmbedder: baseUrl', baseUrl).replace(/\/+$/, '');
  const url = URL.parse(`${base}/embeddings`);
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new TypeError(`openaiEmbedder: baseUrl must be an http or https URL, got ${JSON.stringify(baseUrl)}.`);
}

/** Sends `body` and reads the whole response. Its text stays out of errors: it may quote the prompt. */
function exchange(request: http.ClientRequest, body: Buffer): Promise<unknown> {
  return new Promise((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('error', reject);
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_RESPONSE_BYTES)
          response.destroy(new Error(`The embeddings endpoint sent more than ${MAX_RESPONSE_BYTES} bytes.`));
        else chunks.push(chunk);
      });
      response.on('end', () => {
        if (response.statusCode !== 200)
          return reject(new Error(`The embeddings endpoint responded with status ${response.statusCode}.`));
        try {
          resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')));
        } catch {
          reject(new Error('The embeddings endpoint sent something that is not JSON.'));
        }
      });
    });
    request.end(body);
  });
}

function vectorOf(body: unknown): readonly number[] {
  const data: unknown = isRecord(body) ? body['data'] : undefined;
  const first: unknown = Array.isArray(data) ? data[0] : undefined;
  const embedding: unknown = isRecord(first) ? first['embedding'] : undefined;
  if (Array.isArray(embedding) && embedding.length > 0 && embedding.every((value) => typeof value === 'number'))
    return embedding;
  throw new Error('The embeddings endpoint sent no data[0].embedding of numbers.');
}
