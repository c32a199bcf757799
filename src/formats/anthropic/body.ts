import { isRecord, type JsonObject } from '../../util/json-object.js';
import type { ChatRequest } from '../../chat/types.js';
import { UnsupportedRequest, type ExchangeContext } from '../../contracts/wire-format.js';
import { droppedMembers } from '../shared/member-table.js';
import type { Markable, SentTool, SentToolChoice, ServerTool, TextBlock } from './blocks.js';
import { arrangeMarks, markOf } from './cache-marks.js';
import { lacksThinking, sentConversation } from './conversation.js';
import { ANTHROPIC_MEMBERS } from './members.js';
import { sentMetadata } from './metadata.js';
import { refuseMedia, sentSampling, sentServiceTier, sentStop } from './settings.js';
import { sentOutput, type SentOutput } from './structured-output.js';
import { sentThinking, wantedReasoning, type WantedReasoning } from './thinking.js';
import {
  isForced,
  isLegacy,
  sentChoice,
  sentTool,
  wantedChoice,
  type DeclaredTool,
  type WantedChoice,
} from './tools.js';
import type { Translation } from './translation.js';
import { webSearchTool } from './web-search.js';

/** Tokens of a response where neither the request nor the endpoint sets a limit: the API requires one. */
const DEFAULT_MAX_TOKENS = 4_096;

const dropped = droppedMembers(ANTHROPIC_MEMBERS.filter(({ member }) => member !== 'metadata'));

/** The body without what depends on the door, and what the response has to be read by. */
export interface SentBody {
  readonly body: JsonObject;
  /** Sent name of the tool whose input is the content of the response. */
  readonly jsonTool: string | undefined;
  readonly excludeReasoning: boolean;
}

/** @throws UnsupportedRequest when Anthropic cannot express the request. */
export function sentBody(
  request: ChatRequest,
  declared: readonly DeclaredTool[],
  context: ExchangeContext,
  translation: Translation,
): SentBody {
  refuseUnsupported(request);
  for (const member of dropped(request)) translation.dropped.add(member);
  const { traits } = translation;
  const output = sentOutput(request, traits);
  const tooling = sentTooling(request, declared, output, translation);
  const conversation = sentConversation(request, translation);
  const system = output.by === 'instruction' ? [...conversation.system, instruction(output.text)] : conversation.system;
  const reasoning = wantedReasoning(request);
  const thinking = limited(request, reasoning, context, translation, {
    forcedTool: isForced(tooling.choice),
    lostThinking: lacksThinking(conversation.messages),
  });
  const topLevel = markOf(request, traits);
  arrangeMarks({ tools: tooling.tools, system, messages: conversation.messages, topLevel }, traits);
  const outputConfig = {
    ...(thinking.effort === undefined ? {} : { effort: thinking.effort }),
    ...(output.by === 'format' ? { format: { type: 'json_schema', schema: output.schema } } : {}),
  };
  const isThinking =
    traits.thinking === 'always' || (thinking.thinking !== undefined && thinking.thinking['type'] !== 'disabled');
  const body = withoutAbsent({
    max_tokens: thinking.maxTokens,
    system: filled(system),
    messages: conversation.messages,
    tools: filled(tooling.tools),
    tool_choice: tooling.choice,
    thinking: thinking.thinking,
    output_config: Object.keys(outputConfig).length === 0 ? undefined : outputConfig,
    ...sentSampling(request, isThinking, translation),
    ...sentServiceTier(request, translation),
    stop_sequences: sentStop(request, translation),
    metadata: sentMetadata(request, translation),
    cache_control: topLevel,
  });
  return { body, jsonTool: tooling.jsonTool, excludeReasoning: reasoning.exclude };
}

interface Tooling {
  readonly tools: readonly (SentTool | ServerTool)[];
  readonly choice: SentToolChoice | undefined;
  readonly jsonTool: string | undefined;
}

function sentTooling(
  request: ChatRequest,
  declared: readonly DeclaredTool[],
  output: SentOutput,
  translation: Translation,
): Tooling {
  const wanted = wantedChoice(request, declared);
  const { allowed } = wanted ?? {};
  const offered = allowed === undefined ? declared : declared.filter(({ name }) => allowed.has(name));
  const tools: (SentTool | ServerTool)[] = offered.map((tool) => sentTool(tool, translation));
  const search = webSearchTool(request, translation);
  if (search !== undefined) tools.push(search);
  if (output.by === 'tool' && wanted?.mode !== 'required' && wanted?.mode !== 'named') {
    return withJsonTool(tools, output, wanted, request, translation);
  }
  // A deprecated response names one call, so the model is to make one.
  const parallel = request.parallel_tool_calls !== false && (!isLegacy(request) || wanted?.mode === 'named');
  const choice = tools.length === 0 ? undefined : sentChoice(wanted, parallel, translation);
  refuseForced(choice, wanted?.param ?? 'tool_choice', translation);
  return { tools, choice, jsonTool: undefined };
}

/** Without tools of the caller the call is forced; beside them the model chooses which tool it calls. */
function withJsonTool(
  tools: readonly (SentTool | ServerTool)[],
  output: SentOutput & { readonly by: 'tool' },
  wanted: WantedChoice | undefined,
  request: ChatRequest,
  translation: Translation,
): Tooling {
  const name = translation.names.own(output.name);
  const jsonTool: SentTool = {
    name,
    ...(output.description === undefined ? {} : { description: output.description }),
    input_schema: output.schema,
  };
  const isOnly = tools.length === 0 || wanted?.mode === 'none';
  const parallel = isOnly || request.parallel_tool_calls === false ? { disable_parallel_tool_use: true as const } : {};
  const choice: SentToolChoice = { ...(isOnly ? { type: 'tool', name } : { type: 'any' }), ...parallel };
  return { tools: [...tools, jsonTool], choice, jsonTool: name };
}

function refuseForced(choice: SentToolChoice | undefined, param: string, { traits }: Translation): void {
  if (isForced(choice) && !traits.forcedTools) {
    throw new UnsupportedRequest(param, 'The model cannot be made to call a tool.');
  }
}

function limited(
  request: ChatRequest,
  reasoning: WantedReasoning,
  { model }: ExchangeContext,
  { traits, dropped: report }: Translation,
  obstacles: { readonly forcedTool: boolean; readonly lostThinking: boolean },
) {
  const given = request.max_completion_tokens ?? request.max_tokens ?? undefined;
  const limit = { given, endpoint: model.maxCompletionTokens, fallback: DEFAULT_MAX_TOKENS };
  const thinking = sentThinking(reasoning, traits, limit, obstacles);
  if (thinking.dropped !== undefined) report.add(thinking.dropped);
  return thinking;
}

function refuseUnsupported(request: ChatRequest): void {
  if (typeof request.n === 'number' && request.n > 1) {
    throw new UnsupportedRequest('n', 'Anthropic gives one choice per request.');
  }
  refuseMedia(request);
}

function instruction(text: string): TextBlock {
  return { type: 'text', text };
}

function filled<Item extends Markable>(list: readonly Item[]): readonly Item[] | undefined {
  return list.length === 0 ? undefined : list;
}

function withoutAbsent(members: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && isSendable(value)));
}

function isSendable(value: unknown): boolean {
  return !isRecord(value) || Object.keys(value).length > 0;
}
