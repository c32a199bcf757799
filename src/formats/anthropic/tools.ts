import { isRecord, type JsonObject } from '../../util/json-object.js';
import type { ChatRequest } from '../../chat/types.js';
import { UnsupportedRequest } from '../../contracts/wire-format.js';
import type { SentTool, SentToolChoice } from './blocks.js';
import { markOf } from './cache-marks.js';
import { strictSchema } from '../shared/strict-schema.js';
import { objectSchema } from '../shared/object-schema.js';
import type { Translation } from './translation.js';

/** A tool as the request declares it, in whichever member. */
export interface DeclaredTool {
  readonly kind: 'function' | 'custom';
  readonly name: string;
  readonly definition: JsonObject;
  /** The whole entry of `tools` or `functions`. */
  readonly entry: JsonObject;
  /** Path of `definition` in the request. */
  readonly at: string;
}

/** Input of a custom tool, which OpenAI's form gives as free text. */
const FREE_TEXT = {
  type: 'object',
  properties: { input: { type: 'string' } },
  required: ['input'],
  additionalProperties: false,
};

/**
 * All tools of a request: `tools`, and the deprecated `functions`.
 * @throws UnsupportedRequest for a tool of a type that Anthropic cannot express.
 */
export function declaredTools(request: ChatRequest): DeclaredTool[] {
  const tools = (request.tools ?? []).map((tool, index) => declaredTool(tool, `tools[${index}]`));
  const functions = Array.isArray(request['functions']) ? (request['functions'] as unknown[]) : [];
  const legacy = functions.map((definition, index) =>
    declaredTool({ type: 'function', function: definition }, `functions[${index}]`, `functions[${index}]`),
  );
  return [...tools, ...legacy];
}

/** The request uses the deprecated members only, so its response names a call in `function_call`. */
export function isLegacy(request: ChatRequest): boolean {
  return (request.tools ?? []).length === 0 && Array.isArray(request['functions']) && request['functions'].length > 0;
}

function declaredTool(tool: Readonly<Record<string, unknown>>, at: string, definedAt?: string): DeclaredTool {
  const kind = tool['type'];
  if (kind !== 'function' && kind !== 'custom') {
    throw new UnsupportedRequest(`${at}.type`, 'Anthropic takes function tools, and custom tools of free text.');
  }
  const definition = tool[kind];
  const path = definedAt ?? `${at}.${kind}`;
  if (!isRecord(definition) || typeof definition['name'] !== 'string') {
    throw new UnsupportedRequest(path, 'A tool needs a name.');
  }
  const format = definition['format'];
  if (kind === 'custom' && isRecord(format) && format['type'] !== 'text') {
    throw new UnsupportedRequest(`${path}.format`, 'Anthropic cannot constrain the input of a tool by a grammar.');
  }
  return { kind, name: definition['name'], definition, entry: tool, at: path };
}

/** @throws UnsupportedRequest when the schema has no form at Anthropic. */
export function sentTool(tool: DeclaredTool, translation: Translation): SentTool {
  const { definition, entry, at } = tool;
  const { description, parameters, strict } = definition;
  const cacheMark = markOf(entry, translation.traits) ?? markOf(definition, translation.traits);
  const isCustom = tool.kind === 'custom';
  const closed = strict === true && !isCustom ? strictSchema(parameters, `${at}.parameters`) : undefined;
  if (strict === true && !isCustom && closed === undefined) translation.dropped.add(`${at}.strict`);
  return {
    name: translation.names.sent(tool.name),
    ...(typeof description === 'string' && description !== '' ? { description } : {}),
    input_schema: isCustom ? FREE_TEXT : (closed ?? objectSchema(parameters, `${at}.parameters`)),
    ...(closed === undefined ? {} : { strict: true as const }),
    ...(cacheMark === undefined ? {} : { cache_control: cacheMark }),
  };
}

/** What a request's `tool_choice` (or deprecated `function_call`) asks for. */
export interface WantedChoice {
  readonly mode: 'auto' | 'none' | 'required' | 'named';
  /** Caller's name, for `named`. */
  readonly name?: string;
  /** Caller's names; absent: all tools. */
  readonly allowed?: ReadonlySet<string>;
  /** The member that sets it. */
  readonly param: string;
}

/** @throws UnsupportedRequest when it names a tool that the request does not have. */
export function wantedChoice(request: ChatRequest, tools: readonly DeclaredTool[]): WantedChoice | undefined {
  const param = request.tool_choice === undefined || request.tool_choice === null ? 'function_call' : 'tool_choice';
  const choice = readChoice(request[param], param);
  const named = choice?.name === undefined ? (choice?.allowed ?? []) : [choice.name];
  for (const name of named) {
    if (!tools.some((tool) => tool.name === name)) {
      throw new UnsupportedRequest(param, `The request has no tool named ${JSON.stringify(name.slice(0, 64))}.`);
    }
  }
  if (choice?.mode === 'required' && (tools.length === 0 || choice.allowed?.size === 0)) {
    throw new UnsupportedRequest(param, 'A call is required, but there is no tool to call.');
  }
  return choice;
}

function readChoice(choice: unknown, param: string): WantedChoice | undefined {
  if (choice === undefined || choice === null) return undefined;
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { mode: choice, param };
  if (isRecord(choice) && choice['type'] === 'allowed_tools') return allowedChoice(choice['allowed_tools'], param);
  const name = isRecord(choice)
    ? (nameIn(choice['function']) ?? nameIn(choice['custom']) ?? nameIn(choice))
    : undefined;
  if (name !== undefined) return { mode: 'named', name, param };
  throw new UnsupportedRequest(param, 'Anthropic has no form for this choice.');
}

function allowedChoice(value: unknown, param: string): WantedChoice {
  const { mode, tools } = isRecord(value) ? value : {};
  const list: readonly unknown[] = Array.isArray(tools) ? tools : [];
  const names = list.map((tool) =>
    isRecord(tool) ? (nameIn(tool['function']) ?? nameIn(tool['custom']) ?? nameIn(tool)) : undefined,
  );
  if (names.includes(undefined)) throw new UnsupportedRequest(param, 'Every allowed tool needs a name.');
  const allowed = new Set(names.filter((name) => name !== undefined));
  return { mode: mode === 'required' ? 'required' : 'auto', allowed, param };
}

function nameIn(value: unknown): string | undefined {
  return isRecord(value) && typeof value['name'] === 'string' ? value['name'] : undefined;
}

/** `choice` in Anthropic's form; `undefined` where that is what happens anyway. */
export function sentChoice(
  choice: WantedChoice | undefined,
  parallel: boolean,
  translation: Translation,
): SentToolChoice | undefined {
  const switchOff = parallel ? {} : { disable_parallel_tool_use: true as const };
  switch (choice?.mode) {
    case 'none':
      return { type: 'none' };
    case 'required':
      return { type: 'any', ...switchOff };
    case 'named':
      return { type: 'tool', name: translation.names.sent(choice.name ?? ''), ...switchOff };
    default:
      return parallel ? undefined : { type: 'auto', ...switchOff };
  }
}

/** Whether a choice makes the model call a tool. */
export function isForced(choice: SentToolChoice | undefined): boolean {
  return choice?.type === 'any' || choice?.type === 'tool';
}
