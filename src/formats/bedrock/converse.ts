import type { JsonObject } from '../../util/json-object.js';
import type { ChatRequest } from '../../chat/types.js';
import { UnsupportedRequest, type ModelFacts } from '../../contracts/wire-format.js';
import { cachePoint, cachePointOf, closeWith, isCachePoint, limitCachePoints } from './cache-points.js';
import type { Conversation } from './conversation.js';
import type { EncodeState } from './encode-state.js';
import { encodeInference, maxTokensOf } from './inference.js';
import { encodeMessages } from './messages.js';
import type { BedrockModel } from './model-types.js';
import type { ToolNames } from '../shared/tool-names.js';
import { encodeReasoning, type EncodedReasoning } from './reasoning.js';
import { encodeEnvelope, encodeState } from './request.js';
import { JSON_INSTRUCTION, structuredOutput, type StructuredOutput } from './structured-output.js';
import { toolChoiceOf, wantedTools, type WantedTools } from './tool-choice.js';
import { encodeTools, offeredTools, toolsOfHistory } from './tools.js';
import { wantedReasoning } from './wanted-reasoning.js';

/** A body for Converse, and what its response must be read with. */
export interface EncodedConverse {
  readonly body: JsonObject;
  readonly dropped: readonly string[];
  readonly reading: ResponseReading;
}

/** What the reader of a response must know of its request. */
export interface ResponseReading {
  readonly names: ToolNames;
  /** Name of the tool whose input is the response. */
  readonly jsonTool: string | undefined;
  /** Names, as sent, of tools that take free text. */
  readonly customTools: ReadonlySet<string>;
  /** The request offers the deprecated `functions`, so a call is a `function_call`. */
  readonly legacyFunctions: boolean;
  readonly excludeReasoning: boolean;
  /** `format` of `reasoning_details`. */
  readonly reasoningFormat: string;
}

/** Translates a request. @throws UnsupportedRequest where Converse or the model cannot express it. */
export function encodeConverse(request: ChatRequest, model: BedrockModel, facts: ModelFacts): EncodedConverse {
  const offered = offeredTools(request);
  const state = encodeState(request, model, offered);
  const conversation = encodeMessages(state);
  const messages = conversation.messages();
  const output = structuredOutput(state);
  if (output.kind === 'instruct') conversation.system.push({ text: JSON_INSTRUCTION });
  const wanted = wantedTools(request, offered);
  const tools = toolList(wanted, output, conversation, state);
  const choice = output.kind === 'tool' ? forcedOutput(output.name, tools) : choiceOf(wanted, tools, state);
  const reasoningWanted = wantedReasoning(request);
  const reasoning = reasoningFor(choice, conversation, facts, state);
  if (reasoning.dropped) state.dropped.add(reasoningWanted.member);
  const inference = encodeInference(state, maxTokensOf(request) ?? reasoning.maxTokens, reasoning.thinks);
  const contents = messages.map(({ content }) => content as JsonObject[]);
  setCachePoints(tools, conversation.system, contents, state);
  const fields = { ...inference.fields, ...reasoning.fields, ...parallelCalls(choice, tools, state) };
  const body: JsonObject = { messages };
  if (conversation.system.length > 0) body['system'] = conversation.system;
  if (Object.keys(inference.config).length > 0) body['inferenceConfig'] = inference.config;
  if (tools.length > 0) body['toolConfig'] = choice === undefined ? { tools } : { tools, toolChoice: choice };
  if (output.kind === 'native') body['outputConfig'] = output.outputConfig;
  if (Object.keys(fields).length > 0) body['additionalModelRequestFields'] = fields;
  Object.assign(body, encodeEnvelope(state));
  return { body, dropped: state.dropped.list(), reading: readingOf(state, output, reasoningWanted.exclude) };
}

function readingOf(state: EncodeState, output: StructuredOutput, excludeReasoning: boolean): ResponseReading {
  const { request, names, model } = state;
  const functions: unknown = request['functions'];
  return {
    names,
    jsonTool: output.kind === 'tool' ? output.name : undefined,
    customTools: new Set([...state.customTools].map((name) => names.sent(name))),
    legacyFunctions: Array.isArray(functions) && functions.length > 0 && (request.tools ?? []).length === 0,
    excludeReasoning,
    reasoningFormat: model.reasoningFormat,
  };
}

/** The tools to declare: those that may be called, and where the history holds calls those at least. */
function toolList(
  wanted: WantedTools,
  output: StructuredOutput,
  { calledTools }: Conversation,
  state: EncodeState,
): JsonObject[] {
  const needed = calledTools.size > 0;
  // Bedrock has no choice "none": the tools are left out, unless the history needs them.
  const offered = wanted.mode === 'none' && !needed ? [] : encodeTools(wanted.tools, state);
  if (wanted.mode === 'none' && needed) state.dropped.add(wanted.member);
  const rebuilt = offered.length === 0 && needed ? toolsOfHistory(calledTools, state) : [];
  const json = output.kind === 'tool' ? [{ toolSpec: output.toolSpec }] : [];
  return [...offered, ...rebuilt, ...json];
}

/** The tool of the response is named alone; beside tools of the caller's any of them may be called. */
function forcedOutput(name: string, tools: readonly JsonObject[]): JsonObject {
  const others = tools.some((tool) => 'toolSpec' in tool && (tool['toolSpec'] as JsonObject)['name'] !== name);
  return others ? { any: {} } : { tool: { name } };
}

function choiceOf(
  wanted: WantedTools,
  tools: readonly JsonObject[],
  { model, names }: EncodeState,
): JsonObject | undefined {
  if (tools.length === 0 || wanted.tools.length === 0) return undefined;
  const choice = toolChoiceOf(wanted, (name) => names.sent(name));
  if (choice !== undefined && !('auto' in choice) && !model.forcedTools) {
    throw new UnsupportedRequest(wanted.member, 'This model cannot be made to call a tool.');
  }
  return choice;
}

function reasoningFor(
  choice: JsonObject | undefined,
  conversation: Conversation,
  facts: ModelFacts,
  { request, model }: EncodeState,
): EncodedReasoning {
  const forced = choice !== undefined && !('auto' in choice);
  const forbidden =
    (forced && model.family === 'claude') || (model.thinking === 'manual' && lostReasoning(conversation));
  return encodeReasoning(wantedReasoning(request), model, {
    maxTokens: maxTokensOf(request),
    maxCompletionTokens: facts.maxCompletionTokens,
    forbidden,
  });
}

/** The history ends in results, and the turn that called does not begin with its reasoning: thinking is refused then. */
function lostReasoning({ turns }: Conversation): boolean {
  const [calling, last] = turns.slice(-2);
  if (calling?.role !== 'assistant' || last === undefined || last.results.length === 0) return false;
  return !('reasoningContent' in (calling.blocks[0] ?? {}));
}

function parallelCalls(choice: JsonObject | undefined, tools: readonly JsonObject[], state: EncodeState): JsonObject {
  const { request, model, dropped } = state;
  if (request.parallel_tool_calls !== false || tools.length === 0) return {};
  if (model.family !== 'claude') {
    dropped.add('parallel_tool_calls');
    return {};
  }
  return { tool_choice: { ...claudeChoice(choice), disable_parallel_tool_use: true } };
}

/** The tool choice in Anthropic's terms, which the extra member of the body must repeat. */
function claudeChoice(choice: JsonObject | undefined): JsonObject {
  if (choice !== undefined && 'any' in choice) return { type: 'any' };
  if (choice !== undefined && 'tool' in choice) return { type: 'tool', ...(choice['tool'] as JsonObject) };
  return { type: 'auto' };
}

function setCachePoints(
  tools: JsonObject[],
  system: JsonObject[],
  contents: readonly JsonObject[][],
  state: EncodeState,
): void {
  const { request, model } = state;
  closeWith(contents.at(-1) ?? [], cachePointOf({ cache_control: request['cache_control'] }, model));
  const all = [tools, system, ...contents];
  if (model.promptCaching === 'auto' && !all.some((blocks) => blocks.some(isCachePoint))) {
    for (const blocks of [tools, system, contents.at(-1) ?? []]) closeWith(blocks, cachePoint());
  }
  limitCachePoints(tools, system, contents);
}
