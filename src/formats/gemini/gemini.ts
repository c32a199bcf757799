import type { ChatRequest } from '../../chat/types.js';
import type { Exchange, ExchangeContext, FormatAuth, WireFormat } from '../../contracts/wire-format.js';
import { ownFormat } from '../own-formats.js';
import { readCompletion } from './completion.js';
import { encodeRequest } from './encode.js';
import { decodeError } from './errors.js';
import { traitsOf } from './models.js';
import { pathPrefix, requestPath, type Location } from './path.js';
import { ResponseReader } from './response-reader.js';
import { SIGNATURE_FORMAT } from './signatures.js';
import { supportedParameters } from './supported-parameters.js';
import { excludesReasoning } from './thinking.js';
import { isLegacy } from './tools.js';
import type { GeminiDoor } from './wire.js';

/** Which of Google's APIs is called, and in which form signatures and reasoning are handed out. */
export interface GeminiOptions {
  /**
   * `aistudio`: the Gemini API, with an API key. `vertex`: Vertex AI, with OAuth tokens where `project` is given, else
   * with an API key (express mode).
   * @defaultValue `'aistudio'`
   */
  readonly door?: GeminiDoor | undefined;
  /** Vertex: id of the Google Cloud project. */
  readonly project?: string | undefined;
  /**
   * Vertex with `project`: the region, which also chooses the default host.
   * @defaultValue `'global'`
   */
  readonly location?: string | undefined;
  /**
   * First segment of the path; `''` where `baseUrl` ends in it already.
   * @defaultValue `'v1beta'`, for Vertex `'v1'`
   */
  readonly apiVersion?: string | undefined;
  /**
   * Which members carry the text of thoughts: clients read one or the other.
   * @defaultValue `['reasoning', 'reasoning_content']`
   */
  readonly reasoningFields?: readonly ('reasoning' | 'reasoning_content')[] | undefined;
  /**
   * Appends thought signatures to the ids of tool calls, for clients that keep nothing else of a response.
   * @defaultValue `false`
   */
  readonly signaturesInIds?: boolean | undefined;
}

const OPTIONS: ReadonlySet<string> = new Set([
  'door',
  'project',
  'location',
  'apiVersion',
  'reasoningFields',
  'signaturesInIds',
]);

/**
 * Google's `generateContent` as a wire format, for AI Studio and Vertex AI.
 *
 * @example
 * providers: {
 *   google: { format: gemini(), apiKey: process.env.GEMINI_API_KEY, models: { 'gemini-2.5-flash': {} } },
 *   vertex: {
 *     format: gemini({ door: 'vertex', project: 'my-project', location: 'europe-west4' }),
 *     apiKey: () => auth.getAccessToken(),
 *     models: { 'gemini-2.5-pro': {} },
 *   },
 * }
 * @throws TypeError for an option that does not exist or has no usable value.
 */
export function gemini(options: GeminiOptions = {}): WireFormat {
  checkOptions(options);
  const location = locationOf(options);
  return ownFormat({
    name: location.door === 'vertex' ? 'vertex' : 'gemini',
    path: pathPrefix(location),
    defaultBaseUrl: defaultBaseUrl(options),
    auth: authOf(options),
    exchange: (request: ChatRequest, context: ExchangeContext) => exchange(request, context, location, options),
    supportedParameters,
    reasoningFormat: () => SIGNATURE_FORMAT,
    decodeError,
  });
}

function exchange(
  request: ChatRequest,
  context: ExchangeContext,
  location: Location,
  options: GeminiOptions,
): Exchange {
  const { model, stream, requestId, now } = context;
  const { body, dropped, names, customTools } = encodeRequest(request, traitsOf(model), location.door);
  const settings = {
    requestId,
    now,
    model: model.upstreamModel,
    names,
    customTools,
    legacy: isLegacy(request),
    reasoningFields: options.reasoningFields ?? ['reasoning', 'reasoning_content'],
    excludeReasoning: excludesReasoning(request),
    signaturesInIds: options.signaturesInIds ?? false,
    grounded: request.web_search_options !== undefined && request.web_search_options !== null,
  };
  return {
    path: requestPath(location, model.upstreamModel, stream),
    body,
    dropped,
    completion: (received) => readCompletion(received, settings, stream),
    decoder: () => new ResponseReader(settings),
  };
}

function locationOf({ door = 'aistudio', project, location = 'global', apiVersion }: GeminiOptions): Location {
  const parent = project === undefined ? '' : `projects/${project}/locations/${location}`;
  return { door, parent, apiVersion: apiVersion ?? (door === 'vertex' ? 'v1' : 'v1beta') };
}

function defaultBaseUrl({ door, project, location = 'global' }: GeminiOptions): string {
  if (door !== 'vertex') return 'https://generativelanguage.googleapis.com';
  const region = project === undefined || location === 'global' ? '' : `${location}-`;
  return `https://${region}aiplatform.googleapis.com`;
}

/** Never as `?key=`: URLs end up in logs. */
function authOf({ door, project }: GeminiOptions): FormatAuth {
  return door === 'vertex' && project !== undefined ? 'bearer' : { header: 'x-goog-api-key', prefix: '' };
}

function checkOptions(options: GeminiOptions): void {
  for (const key of Object.keys(options)) {
    if (!OPTIONS.has(key)) throw new TypeError(`gemini(): unknown option ${key}; known are ${[...OPTIONS].join(', ')}`);
  }
  const { door, project, location, apiVersion } = options;
  if (door !== undefined && door !== 'aistudio' && door !== 'vertex')
    throw new TypeError(`gemini(): door must be 'aistudio' or 'vertex'; got ${String(door)}`);
  for (const [name, value] of Object.entries({ project, location })) {
    if (value === undefined) continue;
    if (door !== 'vertex') throw new TypeError(`gemini(): ${name} needs door: 'vertex'`);
    if (!/^[a-z0-9][a-z0-9:.-]*$/.test(value))
      throw new TypeError(`gemini(): ${name} must be a name of Google Cloud such as 'europe-west4'; got '${value}'`);
  }
  if (apiVersion !== undefined && !/^[a-z0-9]*$/.test(apiVersion))
    throw new TypeError(`gemini(): apiVersion must be a word such as 'v1beta', or ''; got '${apiVersion}'`);
  const fields = options.reasoningFields ?? [];
  if (fields.some((field) => field !== 'reasoning' && field !== 'reasoning_content'))
    throw new TypeError(
      `gemini(): reasoningFields may hold 'reasoning' and 'reasoning_content'; got ${fields.join(', ')}`,
    );
}
