import { isRecord, type JsonObject } from '../../util/json-object.js';
import type { ChatRequest } from '../../chat/types.js';
import { UnsupportedRequest } from '../../contracts/wire-format.js';
import { cachePointOf, closeWith } from './cache-points.js';
import type { EncodeState } from './encode-state.js';
import { toolParameters } from './schema.js';
import { strictSchema } from '../shared/strict-schema.js';

/** One tool that the request offers. */
export interface OfferedTool {
  readonly name: string;
  /** Path of its definition: `tools[0].function`. */
  readonly path: string;
  readonly definition: JsonObject;
  readonly custom: boolean;
  /** The entry of `tools` that may carry a cache marker. */
  readonly entry: JsonObject;
}

/** The tools of `tools` and of the deprecated `functions`, in order. */
export function offeredTools(request: ChatRequest): OfferedTool[] {
  const tools = [...(request.tools ?? []).entries()].map(([index, entry]) => toolOf(entry, `tools[${index}]`));
  const functions: unknown = request['functions'];
  for (const [index, definition] of (Array.isArray(functions) ? functions : []).entries()) {
    const path = `functions[${index}]`;
    if (!isRecord(definition)) throw new UnsupportedRequest(path, 'must be an object.');
    tools.push({ name: String(definition['name']), path, definition, custom: false, entry: definition });
  }
  return tools;
}

function toolOf(entry: JsonObject, path: string): OfferedTool {
  const type = entry['type'] === 'custom' ? 'custom' : 'function';
  const definition = entry[type];
  if (!isRecord(definition)) throw new UnsupportedRequest(path, 'Bedrock takes function tools and custom tools.');
  const format = definition['format'];
  if (type === 'custom' && isRecord(format) && format['type'] !== 'text') {
    throw new UnsupportedRequest(`${path}.custom.format`, 'Bedrock cannot hold a tool to a grammar.');
  }
  return { name: String(definition['name']), path: `${path}.${type}`, definition, custom: type === 'custom', entry };
}

/** Bedrock's list of tools, with cache points behind those that are marked. */
export function encodeTools(tools: readonly OfferedTool[], state: EncodeState): JsonObject[] {
  const encoded: JsonObject[] = [];
  for (const tool of tools) {
    encoded.push({ toolSpec: toolSpec(tool, state) });
    closeWith(encoded, cachePointOf(tool.entry, state.model));
  }
  return encoded;
}

function toolSpec(tool: OfferedTool, state: EncodeState): JsonObject {
  const { description } = tool.definition;
  return {
    name: state.names.sent(tool.name),
    // An empty one is refused.
    ...(typeof description === 'string' && description.trim() !== '' ? { description } : {}),
    ...(tool.custom ? { inputSchema: { json: FREE_TEXT } } : functionSchema(tool, state)),
  };
}

/** How a tool that takes free text is offered: as a function with that text as its one argument. */
const FREE_TEXT: JsonObject = Object.freeze({
  type: 'object',
  properties: Object.freeze({ input: Object.freeze({ type: 'string' }) }),
  required: Object.freeze(['input']),
  additionalProperties: false,
});

function functionSchema({ definition, path }: OfferedTool, { model, dropped }: EncodeState): JsonObject {
  const json = toolParameters(definition['parameters'], `${path}.parameters`, model.plainSchemas);
  if (definition['strict'] !== true) return { inputSchema: { json } };
  const strict = model.nativeJsonSchema ? strictSchema(json, `${path}.parameters`) : undefined;
  if (strict !== undefined) return { inputSchema: { json: strict }, strict: true };
  dropped.add(`${path}.strict`);
  return { inputSchema: { json } };
}

/**
 * Tools for a history that holds calls where the request offers none: Bedrock refuses such a history without them.
 * No more is known of them than their names.
 */
export function toolsOfHistory(names: ReadonlySet<string>, state: EncodeState): JsonObject[] {
  return [...names].map((name) => ({
    toolSpec: { name: state.names.sent(name), inputSchema: { json: { type: 'object' } } },
  }));
}
