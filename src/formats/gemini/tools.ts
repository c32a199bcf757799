import { isRecord, type JsonObject } from '../../util/json-object.js';
import type { ChatRequest } from '../../chat/types.js';
import { UnsupportedRequest } from '../../contracts/wire-format.js';
import type { Encoding } from './encoding.js';
import { stringOf, textOf } from './json.js';
import { parametersSchema } from './json-schema.js';
import { openApiParameters } from './openapi-schema.js';

/** A tool of the request, whichever of the three forms declared it. */
export interface DeclaredTool {
  readonly name: string;
  readonly custom: boolean;
  readonly description: string | undefined;
  readonly parameters: JsonObject | undefined;
  /** Path of `parameters`. */
  readonly param: string;
}

/** A custom tool is sent as a function of one text. */
const CUSTOM_PARAMETERS: JsonObject = Object.freeze({
  type: 'object',
  properties: Object.freeze({ input: Object.freeze({ type: 'string' }) }),
  required: Object.freeze(['input']),
  additionalProperties: false,
});

export function declaredTools(request: ChatRequest): readonly DeclaredTool[] {
  const tools = (request.tools ?? []).map((tool, index) => declaredTool(tool, `tools[${index}]`));
  return isLegacy(request) ? legacyFunctions(request) : tools;
}

/** The request uses the deprecated `functions`; the response then uses `function_call`. */
export function isLegacy(request: ChatRequest): boolean {
  return (request.tools ?? []).length === 0 && legacyFunctions(request).length > 0;
}

function legacyFunctions(request: ChatRequest): DeclaredTool[] {
  const functions = request['functions'];
  if (!Array.isArray(functions)) return [];
  return functions.filter(isRecord).map((one, index) => functionTool(one, `functions[${index}]`));
}

function declaredTool(tool: JsonObject, path: string): DeclaredTool {
  if (tool['type'] === 'function' && isRecord(tool['function']))
    return functionTool(tool['function'], `${path}.function`);
  if (tool['type'] !== 'custom' || !isRecord(tool['custom']))
    throw new UnsupportedRequest(path, 'Gemini takes function tools and custom tools of free text.');
  const { name, description, format } = tool['custom'];
  if (isRecord(format) && format['type'] !== 'text')
    throw new UnsupportedRequest(`${path}.custom.format`, 'Gemini cannot hold the input of a tool to a grammar.');
  return {
    name: nameOf(name, `${path}.custom`),
    custom: true,
    description: textOf(description),
    parameters: CUSTOM_PARAMETERS,
    param: `${path}.custom`,
  };
}

function functionTool(definition: JsonObject, path: string): DeclaredTool {
  return {
    name: nameOf(definition['name'], path),
    custom: false,
    description: textOf(definition['description']),
    parameters: isRecord(definition['parameters']) ? definition['parameters'] : undefined,
    param: `${path}.parameters`,
  };
}

function nameOf(name: unknown, path: string): string {
  const given = textOf(name);
  if (given === undefined) throw new UnsupportedRequest(`${path}.name`, 'A tool needs a name.');
  return given;
}

/** `tools` and `toolConfig` of the body; no members where there are no tools. */
export function encodeTools(tools: readonly DeclaredTool[], encoding: Encoding): JsonObject {
  const choice = toolChoice(tools, encoding);
  const offered = tools.filter(({ name }) => choice.offered?.has(name) ?? true);
  const entries: JsonObject[] = [];
  if (offered.length > 0) entries.push({ functionDeclarations: offered.map((tool) => declaration(tool, encoding)) });
  if (isRecord(encoding.request.web_search_options)) entries.push(search(offered, encoding));
  return {
    ...(entries.length > 0 && { tools: entries }),
    ...(choice.config !== undefined && { toolConfig: { functionCallingConfig: choice.config } }),
  };
}

function declaration({ name, description, parameters, param }: DeclaredTool, { names, traits }: Encoding): JsonObject {
  const head = { name: names.sent(name), ...(description !== undefined && { description }) };
  if (parameters === undefined) return head;
  if (!traits.jsonSchema) {
    const translated = openApiParameters(parameters, param);
    return translated === undefined ? head : { ...head, parameters: translated };
  }
  const cleaned = parametersSchema(parameters, param);
  return cleaned === undefined ? head : { ...head, parametersJsonSchema: cleaned };
}

function search(functions: readonly DeclaredTool[], { request, traits, dropped }: Encoding): JsonObject {
  if (functions.length > 0 && !traits.searchWithTools)
    throw new UnsupportedRequest('web_search_options', 'This model cannot use web search and function tools together.');
  for (const key of ['search_context_size', 'user_location'] as const) {
    const value = request.web_search_options?.[key];
    if (value !== undefined && value !== null) dropped.add(`web_search_options.${key}`);
  }
  return { googleSearch: {} };
}

interface ToolChoice {
  readonly config?: JsonObject;
  /** Names of the tools to send, where not all are. */
  readonly offered?: ReadonlySet<string>;
}

function toolChoice(tools: readonly DeclaredTool[], encoding: Encoding): ToolChoice {
  const { request } = encoding;
  const legacy = isLegacy(request);
  const param = legacy ? 'function_call' : 'tool_choice';
  const choice: unknown = legacy ? request['function_call'] : request.tool_choice;
  if (choice === undefined || choice === null || choice === 'auto') return {};
  if (choice === 'none') return tools.length === 0 ? {} : { config: { mode: 'NONE' } };
  if (choice === 'required') {
    if (tools.length === 0) throw new UnsupportedRequest(param, 'A required tool call needs tools.');
    return { config: { mode: 'ANY' } };
  }
  if (isRecord(choice) && isRecord(choice['allowed_tools']))
    return allowedTools(choice['allowed_tools'], tools, encoding);
  const names = [nameIn(choice)];
  return { config: { mode: 'ANY', allowedFunctionNames: wireNames(names, tools, param, encoding) } };
}

function allowedTools(allowed: JsonObject, tools: readonly DeclaredTool[], encoding: Encoding): ToolChoice {
  const names = (Array.isArray(allowed['tools']) ? allowed['tools'] : []).map(nameIn);
  const allowedFunctionNames = wireNames(names, tools, 'tool_choice', encoding);
  const required = allowed['mode'] === 'required';
  if (names.length === 0) {
    if (required) throw new UnsupportedRequest('tool_choice', 'A required tool call needs tools.');
    return tools.length === 0 ? {} : { config: { mode: 'NONE' } };
  }
  if (required) return { config: { mode: 'ANY', allowedFunctionNames } };
  if (encoding.traits.validatedMode) return { config: { mode: 'VALIDATED', allowedFunctionNames } };
  return { offered: new Set(names) };
}

function wireNames(
  names: readonly string[],
  tools: readonly DeclaredTool[],
  param: string,
  encoding: Encoding,
): string[] {
  return names.map((name) => {
    if (!tools.some((tool) => tool.name === name))
      throw new UnsupportedRequest(param, `No tool of the request is named '${name.slice(0, 64)}'.`);
    return encoding.names.sent(name);
  });
}

/** The name in `{ type: 'function', function: { name } }` and its like. */
function nameIn(choice: unknown): string {
  if (!isRecord(choice)) return '';
  const holder = [choice['function'], choice['custom'], choice].find((one) => isRecord(one) && textOf(one['name']));
  return isRecord(holder) ? stringOf(holder['name']) : '';
}
