import { isRecord, type JsonObject } from '../../util/json-object.js';
import type { ChatRequest } from '../../chat/types.js';
import { UnsupportedRequest } from '../../contracts/wire-format.js';
import type { OfferedTool } from './tools.js';

/** What the request wants of its tools. */
export interface WantedTools {
  readonly mode: 'unset' | 'auto' | 'none' | 'required' | 'named';
  /** With `named`. */
  readonly name?: string;
  /** Tools that may be called; the others are not offered. */
  readonly tools: readonly OfferedTool[];
  /** The request member that sets it. */
  readonly member: string;
}

/** Reads `tool_choice`, or the deprecated `function_call`. */
export function wantedTools(request: ChatRequest, tools: readonly OfferedTool[]): WantedTools {
  const choice: unknown = request.tool_choice;
  if (choice !== undefined && choice !== null) return readChoice(choice, tools, 'tool_choice');
  const legacy = request['function_call'];
  if (legacy === undefined || legacy === null) return { mode: 'unset', tools, member: 'tool_choice' };
  if (isRecord(legacy)) return named(String(legacy['name']), tools, 'function_call');
  return readChoice(legacy, tools, 'function_call');
}

function readChoice(choice: unknown, tools: readonly OfferedTool[], member: string): WantedTools {
  if (choice === 'auto' || choice === 'none') return { mode: choice, tools, member };
  if (choice === 'required') return required(tools, member);
  if (!isRecord(choice)) throw new UnsupportedRequest(member, 'Bedrock does not support this tool choice.');
  if (choice['type'] === 'allowed_tools') return allowed(choice['allowed_tools'], tools, member);
  const target = choice[String(choice['type'])];
  return named(isRecord(target) ? String(target['name']) : '', tools, member);
}

function required(tools: readonly OfferedTool[], member: string): WantedTools {
  if (tools.length === 0) throw new UnsupportedRequest(member, 'A tool is required and none is offered.');
  return { mode: 'required', tools, member };
}

function named(name: string, tools: readonly OfferedTool[], member: string): WantedTools {
  if (!tools.some((tool) => tool.name === name))
    throw new UnsupportedRequest(member, 'names a tool that is not offered.');
  return { mode: 'named', name, tools, member };
}

function allowed(value: unknown, tools: readonly OfferedTool[], member: string): WantedTools {
  const list: unknown = isRecord(value) ? value['tools'] : undefined;
  const names = new Set((Array.isArray(list) ? list : []).map(allowedName));
  const left = tools.filter(({ name }) => names.has(name));
  if (left.length === 0) throw new UnsupportedRequest(member, 'allows no tool that is offered.');
  const mode = isRecord(value) && value['mode'] === 'required' ? 'required' : 'auto';
  return { mode, tools: left, member };
}

function allowedName(entry: unknown): unknown {
  if (!isRecord(entry)) return undefined;
  const definition = entry[String(entry['type'])];
  return isRecord(definition) ? definition['name'] : entry['name'];
}

/** Bedrock's `toolChoice`; `undefined` where the model decides, or has no such setting. */
export function toolChoiceOf({ mode, name }: WantedTools, sentName: (name: string) => string): JsonObject | undefined {
  switch (mode) {
    case 'auto':
      return { auto: {} };
    case 'required':
      return { any: {} };
    case 'named':
      return { tool: { name: sentName(name ?? '') } };
    default:
      return undefined;
  }
}
