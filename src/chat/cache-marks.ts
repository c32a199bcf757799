import { isRecord, type JsonObject } from '../util/json-object.js';
import type { ChatRequest } from './types.js';

/** A mark behind which a provider caches the prompt. Servers that do not know it refuse the request. */
const MARK = 'cache_control';

/**
 * `request` without cache marks on messages, content parts, tools and at the top; `request` itself where it has none. In
 * the schema of a tool, a property of that name is data.
 */
export function withoutCacheMarks(request: ChatRequest): ChatRequest {
  const messages = without(request.messages, (message) => withContent(unmarked(message)));
  const tools = without(request.tools, (tool) => withFunction(unmarked(tool)));
  const isSame = messages === request.messages && tools === request.tools && !Object.hasOwn(request, MARK);
  return isSame ? request : (unmarked({ ...request, messages, ...(tools && { tools }) }) as ChatRequest);
}

function withContent(message: JsonObject): JsonObject {
  const content = without(message['content'], unmarked);
  return content === message['content'] ? message : { ...message, content };
}

function withFunction(tool: JsonObject): JsonObject {
  const declared = tool['function'];
  return isRecord(declared) && Object.hasOwn(declared, MARK) ? { ...tool, function: unmarked(declared) } : tool;
}

function without<List>(list: List, change: (item: JsonObject) => JsonObject): List {
  if (!Array.isArray(list)) return list;
  const changed = list.map((item: unknown) => (isRecord(item) ? change(item) : item));
  return changed.every((item, index) => item === list[index]) ? list : (changed as List);
}

function unmarked(value: JsonObject): JsonObject {
  if (!Object.hasOwn(value, MARK)) return value;
  const { [MARK]: _mark, ...rest } = value;
  return rest;
}
