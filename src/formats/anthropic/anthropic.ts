import type { ChatRequest } from '../../chat/types.js';
import type { Exchange, ExchangeContext, ModelFacts, WireFormat } from '../../contracts/wire-format.js';
import { defineOptions, type RowsFor } from '../../options/group.js';
import { choice, flag, flagOr, word, wordList } from '../../options/rows.js';
import { ownFormat } from '../own-formats.js';
import { expressibleMembers } from '../shared/member-table.js';
import { ToolNames } from '../shared/tool-names.js';
import { sentBody } from './body.js';
import { completionOf } from './completion.js';
import { AnthropicDecoder } from './decoder.js';
import { addressed, BedrockFrames } from './door.js';
import { decodeError } from './errors.js';
import { ANTHROPIC_MEMBERS } from './members.js';
import type { Reading } from './reading.js';
import { takesSampling } from './settings.js';
import { REASONING_FORMAT } from './signed-thinking.js';
import { declaredTools, isLegacy, type DeclaredTool } from './tools.js';
import { ANTHROPIC_TRAITS, traitsOf, type TraitDefaults } from './traits.js';
import type { AnthropicDoor, Translation, TranslationOptions } from './translation.js';
import { asksForSearch, WEB_SEARCH } from './web-search.js';

/** How a provider uses Anthropic's Messages API. What differs by model is in `models[…].format`. */
export interface AnthropicOptions {
  /**
   * Which cloud serves it: Anthropic's own API, Vertex AI (`baseUrl` ends in `/projects/…/locations/…`), or
   * Bedrock's InvokeModel.
   * @defaultValue `'api'`
   */
  readonly door?: AnthropicDoor | undefined;
  /**
   * `anthropic-version` header. From `2026-10-21` on the API takes no `temperature`, `top_p` and `top_k`.
   * @defaultValue `'2023-06-01'`
   */
  readonly version?: string | undefined;
  /** Names of betas, sent with every request. @defaultValue none */
  readonly betas?: readonly string[] | undefined;
  /**
   * `'auto'` marks tools, system and the last turn where a request has no marks of its own; `false` sends no marks.
   * @defaultValue `true`: the request's own marks
   */
  readonly promptCaching?: boolean | 'auto' | undefined;
  /** Sends `user` as `metadata.user_id`, which must be no mail address or phone number. @defaultValue `false` */
  readonly sendUser?: boolean | undefined;
  /** Passes `file_id`s of Anthropic's Files API on; needs its beta. @defaultValue `false` */
  readonly fileIds?: boolean | undefined;
}

export const ANTHROPIC = defineOptions({
  path: 'anthropic()',
  rows: {
    door: choice(
      ['api', 'vertex', 'bedrock'],
      "Which cloud serves it: Anthropic's own API, Vertex AI, or Bedrock's InvokeModel.",
    ).or('api'),
    version: word('The header `anthropic-version`.').or('2023-06-01'),
    betas: wordList('Names of betas, sent with every request.').or([], 'none'),
    promptCaching: flagOr(
      ['auto'],
      "`'auto'` marks tools, system and the last turn where a request has no marks of its own; `false` sends no marks.",
    ).or(true),
    sendUser: flag('Sends `user` as `metadata.user_id`.').or(false),
    fileIds: flag("Passes `file_id`s of Anthropic's Files API on.").or(false),
  } satisfies RowsFor<AnthropicOptions>,
});

const NAME_RULE = { forbidden: /[^a-zA-Z0-9_-]/g, maxLength: 128 };
const SAMPLING: readonly string[] = ['temperature', 'top_p', 'top_k'];
const REASONING: readonly string[] = ['reasoning', 'reasoning_effort', 'include_reasoning'];

/**
 * The wire format of Anthropic's Messages API.
 *
 * @example
 * providers: { anthropic: { format: anthropic({ promptCaching: 'auto' }), apiKey, models: ['claude-sonnet-4-5'] } }
 * @throws TypeError for an option that is not one of its values.
 */
export function anthropic(options: AnthropicOptions = {}): WireFormat {
  const { door, version, betas, promptCaching, sendUser, fileIds } = ANTHROPIC.parse(options);
  const defaults: TraitDefaults = { promptCaching, apiVersion: version };
  const translationOptions: TranslationOptions = { door, sendUser, fileIds };
  const expressible = [...expressibleMembers(ANTHROPIC_MEMBERS), 'structured_outputs'];

  return ownFormat({
    name: door === 'api' ? 'anthropic' : `anthropic-${door}`,
    ...DOORS[door],
    exchange(request, context) {
      const declared = declaredTools(request);
      const translation = newTranslation(request, declared, context, defaults, translationOptions);
      const sent = sentBody(request, declared, context, translation);
      const { path, headers, body } = addressed(door, sent.body, {
        model: context.model.upstreamModel,
        stream: context.stream,
        apiVersion: translation.traits.apiVersion,
        betas,
      });
      const reading: Reading = {
        ...translation,
        jsonTool: sent.jsonTool,
        legacy: isLegacy(request),
        excludeReasoning: sent.excludeReasoning,
        fallbackId: `chatcmpl-${context.requestId}`,
        created: context.now,
        requestedModel: context.model.upstreamModel,
      };
      return exchangeOf({ path, headers, body, dropped: [...translation.dropped] }, reading, door);
    },
    supportedParameters(model: ModelFacts): ReadonlySet<string> {
      ANTHROPIC_TRAITS.parse(model.traits);
      const traits = traitsOf(model, defaults);
      const without = new Set([
        ...(takesSampling(traits) ? [] : SAMPLING),
        ...(traits.thinking === 'none' ? REASONING : []),
      ]);
      return new Set(expressible.filter((name) => !without.has(name)));
    },
    reasoningFormat: () => REASONING_FORMAT,
    decodeError,
  });
}

/** What is fixed for each door. */
const DOORS: Readonly<Record<AnthropicDoor, Pick<WireFormat, 'path' | 'defaultBaseUrl' | 'auth' | 'framing'>>> = {
  api: { path: '/v1/messages', defaultBaseUrl: 'https://api.anthropic.com', auth: 'x-api-key' },
  vertex: { path: '/publishers/anthropic/models', auth: 'bearer' },
  bedrock: { path: '/model', auth: 'bearer', framing: 'aws-event-stream' },
};

function newTranslation(
  request: ChatRequest,
  declared: readonly DeclaredTool[],
  { model }: ExchangeContext,
  defaults: TraitDefaults,
  options: TranslationOptions,
): Translation {
  const names = declared.map(({ name }) => name);
  return {
    traits: traitsOf(model, defaults),
    options,
    names: new ToolNames(NAME_RULE, names, asksForSearch(request) ? [WEB_SEARCH] : []),
    customTools: new Set(declared.filter(({ kind }) => kind === 'custom').map(({ name }) => name)),
    dropped: new Set(),
  };
}

function exchangeOf(
  sent: Pick<Exchange, 'path' | 'headers' | 'body' | 'dropped'>,
  reading: Reading,
  door: AnthropicDoor,
): Exchange {
  return {
    ...sent,
    completion: (body) => completionOf(body, reading),
    decoder() {
      const decoder = new AnthropicDecoder(reading);
      return door === 'bedrock' ? new BedrockFrames(decoder) : decoder;
    },
  };
}
