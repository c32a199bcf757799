import { isRecord, type JsonObject } from '../../util/json-object.js';
import { UnsupportedRequest, type ChunkDecoder, type UpstreamEvent } from '../../contracts/wire-format.js';
import type { AnthropicDoor } from './translation.js';

/** Where a request goes, and what the body contains for it. */
export interface Addressed {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject;
}

/** One request on its way to a door. */
export interface Addressee {
  readonly model: string;
  readonly stream: boolean;
  readonly apiVersion: string;
  readonly betas: readonly string[];
}

/** Versions that the clouds want in the body. */
const VERTEX_VERSION = 'vertex-2023-10-16';
const BEDROCK_VERSION = 'bedrock-2023-05-31';

/** Adds to `body` what the door wants there: each door expects the model and the version in another place. */
export function addressed(
  door: AnthropicDoor,
  body: JsonObject,
  { model, stream, apiVersion, betas }: Addressee,
): Addressed {
  const beta: Readonly<Record<string, string>> = betas.length === 0 ? {} : { 'anthropic-beta': betas.join(',') };
  switch (door) {
    case 'vertex':
      return {
        path: `/publishers/anthropic/models/${segment(model)}:${stream ? 'streamRawPredict' : 'rawPredict'}`,
        headers: beta,
        body: { anthropic_version: VERTEX_VERSION, ...body, ...(stream ? { stream: true } : {}) },
      };
    case 'bedrock':
      return {
        path: `/model/${segment(model)}/${stream ? 'invoke-with-response-stream' : 'invoke'}`,
        headers: {},
        body: { anthropic_version: BEDROCK_VERSION, ...(betas.length === 0 ? {} : { anthropic_beta: betas }), ...body },
      };
    default:
      return {
        path: '/v1/messages',
        headers: { 'anthropic-version': apiVersion, ...beta },
        body: { model, ...body, ...(stream ? { stream: true } : {}) },
      };
  }
}

/** A model name never chooses a path beyond its own segment. */
function segment(model: string): string {
  if (model === '' || model === '.' || model === '..') {
    throw new UnsupportedRequest('model', 'The name of the model cannot be part of a path.');
  }
  return encodeURIComponent(model.replaceAll(/[\ud800-\udfff]/gu, '\ufffd')).replaceAll('%40', '@');
}

/** Events of `invoke-with-response-stream`: the Messages API's events as base64 in `chunk` frames. */
export class BedrockFrames implements ChunkDecoder {
  readonly #decoder: ChunkDecoder;

  constructor(decoder: ChunkDecoder) {
    this.#decoder = decoder;
  }

  event(event: UpstreamEvent) {
    if (event.failed === true) return this.#decoder.event({ event: 'error', data: JSON.stringify(exception(event)) });
    const frame = event.data === '' ? undefined : (JSON.parse(event.data) as unknown);
    const bytes = isRecord(frame) ? frame['bytes'] : undefined;
    if (typeof bytes !== 'string') return [];
    return this.#decoder.event({ event: undefined, data: Buffer.from(bytes, 'base64').toString('utf8') });
  }

  end() {
    return this.#decoder.end?.() ?? [];
  }

  get done() {
    return this.#decoder.done === true;
  }
}

/** Error types of Anthropic for the exceptions of a stream, by lower-cased name. */
const EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  ['validationexception', 'invalid_request_error'],
  ['accessdeniedexception', 'permission_error'],
  ['resourcenotfoundexception', 'not_found_error'],
  ['throttlingexception', 'rate_limit_error'],
  ['modeltimeoutexception', 'timeout_error'],
  ['serviceunavailableexception', 'overloaded_error'],
]);

function exception({ event, data }: UpstreamEvent): unknown {
  const name = (event ?? '').toLowerCase();
  return {
    type: 'error',
    error: { type: EXCEPTIONS.get(name) ?? 'api_error', message: messageIn(data) ?? event ?? '' },
  };
}

function messageIn(data: string): string | undefined {
  try {
    const body = JSON.parse(data) as unknown;
    const message = isRecord(body) ? (body['message'] ?? body['Message']) : undefined;
    return typeof message === 'string' && message !== '' ? message : undefined;
  } catch {
    return data === '' ? undefined : data;
  }
}
