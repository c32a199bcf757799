import type { ChatRequest } from '../../chat/types.js';
import type { Exchange, ExchangeContext, FormatAuth, WireFormat } from '../../contracts/wire-format.js';
import { oneOf, texts } from '../../options/checks.js';
import { defineOptions, type Parsed, type RowsFor } from '../../options/group.js';
import { custom } from '../../options/row.js';
import { choice, flag, matching } from '../../options/rows.js';
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

const CLOUD_NAME = /^[a-z0-9][a-z0-9:.-]*$/;
const CLOUD_NAME_RULE = 'a name of Google Cloud such as "europe-west4"';
const REASONING_FIELDS = ['reasoning', 'reasoning_content'] as const;

export const GEMINI = defineOptions({
  path: 'gemini()',
  rows: {
    door: choice(['aistudio', 'vertex'], 'The Gemini API, or Vertex AI.').or('aistudio'),
    project: matching(CLOUD_NAME, CLOUD_NAME_RULE, 'Vertex: id of the Google Cloud project.'),
    location: matching(CLOUD_NAME, CLOUD_NAME_RULE, 'Vertex with `project`: the region.').defaultsTo("`'global'`"),
    apiVersion: matching(
      /^[a-z0-9]*$/,
      'a word such as "v1beta", or ""',
      "First segment of the path; `''` where `baseUrl` ends in it already.",
    ).defaultsTo("`'v1beta'`, for Vertex `'v1'`"),
    reasoningFields: custom(
      "a list of `'reasoning'`, `'reasoning_content'`",
      (path, value) => texts(path, value).map((field, index) => oneOf(`${path}[${index}]`, field, REASONING_FIELDS)),
      'Which members carry the text of thoughts.',
    ).or([...REASONING_FIELDS], "`['reasoning', 'reasoning_content']`"),
    signaturesInIds: flag('Appends thought signatures to the ids of tool calls.').or(false),
  } satisfies RowsFor<GeminiOptions>,
});

type ResolvedGeminiOptions = Parsed<typeof GEMINI.rows>;

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
  const given = resolveOptions(options);
  const location = locationOf(given);
  return ownFormat({
    name: location.door === 'vertex' ? 'vertex' : 'gemini',
    path: pathPrefix(location),
    defaultBaseUrl: defaultBaseUrl(given),
    auth: authOf(given),
    exchange: (request: ChatRequest, context: ExchangeContext) => exchange(request, context, location, given),
    supportedParameters,
    reasoningFormat: () => SIGNATURE_FORMAT,
    decodeError,
  });
}

function exchange(
  request: ChatRequest,
  context: ExchangeContext,
  location: Location,
  options: ResolvedGeminiOptions,
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
    reasoningFields: options.reasoningFields,
    excludeReasoning: excludesReasoning(request),
    signaturesInIds: options.signaturesInIds,
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

function locationOf({ door, project, location = 'global', apiVersion }: ResolvedGeminiOptions): Location {
  const parent = project === undefined ? '' : `projects/${project}/locations/${location}`;
  return { door, parent, apiVersion: apiVersion ?? (door === 'vertex' ? 'v1' : 'v1beta') };
}

function defaultBaseUrl({ door, project, location = 'global' }: ResolvedGeminiOptions): string {
  if (door !== 'vertex') return 'https://generativelanguage.googleapis.com';
  const region = project === undefined || location === 'global' ? '' : `${location}-`;
  return `https://${region}aiplatform.googleapis.com`;
}

/** Never as `?key=`: URLs end up in logs. */
function authOf({ door, project }: ResolvedGeminiOptions): FormatAuth {
  return door === 'vertex' && project !== undefined ? 'bearer' : { header: 'x-goog-api-key', prefix: '' };
}

function resolveOptions(options: GeminiOptions): ResolvedGeminiOptions {
  const given = GEMINI.parse(options);
  const misplaced = (['project', 'location'] as const).find((name) => given[name] !== undefined);
  if (given.door === 'vertex' || misplaced === undefined) return given;
  throw new TypeError(`gemini().${misplaced} needs door: 'vertex'.`);
}
