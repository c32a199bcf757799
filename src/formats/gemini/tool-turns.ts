import { isRecord, type JsonObject } from '../../util/json-object.js';
import { UnsupportedRequest } from '../../contracts/wire-format.js';
import type { Conversation, PendingCall, Turn } from './conversation.js';
import type { Encoding } from './encoding.js';
import { argumentsObject, parseJsonObject } from '../shared/tool-arguments.js';
import { stringOf, textOf } from './json.js';
import { mediaPart } from './media.js';
import { carriedSignatures, plainId, type CarriedSignatures } from './signatures.js';
import { rulesOf, unknownPart, urlSource } from './user-parts.js';
import type { Blob, FunctionCall, Part } from './wire.js';

/** Ids that this format made up for calls to which Gemini gave none. */
const OWN_ID = /^call_/;

/** Adds the calls of an assistant message to its turn. */
export function addCalls(
  message: JsonObject,
  path: string,
  turn: Turn,
  conversation: Conversation,
  encoding: Encoding,
): void {
  const signatures = carriedSignatures(message);
  const calls = Array.isArray(message['tool_calls']) ? message['tool_calls'] : [];
  for (const [position, call] of calls.entries()) {
    if (!isRecord(call)) continue;
    const made = functionCall(call, `${path}.tool_calls[${position}]`, signatures, encoding);
    conversation.call(turn, plainId(call['id']), made.name, withSignature(made.call, signatures.of(call)));
  }
  const legacy = message['function_call'];
  if (!isRecord(legacy)) return;
  const name = stringOf(legacy['name']);
  conversation.call(turn, undefined, name, {
    functionCall: { name: encoding.names.sent(name), args: argumentsObject(legacy['arguments']) },
  });
}

interface NamedCall {
  /** As the request names the tool. */
  readonly name: string;
  readonly call: FunctionCall;
}

function functionCall(call: JsonObject, path: string, signatures: CarriedSignatures, encoding: Encoding): NamedCall {
  const id = plainId(call['id']);
  const keepsId = encoding.traits.functionCallIds && signatures.any && id !== '' && !OWN_ID.test(id);
  const head = keepsId ? { id } : {};
  if (call['type'] === 'custom') {
    const custom: JsonObject = isRecord(call['custom']) ? call['custom'] : {};
    const name = stringOf(custom['name']);
    if (!encoding.customTools.has(name))
      throw new UnsupportedRequest(path, 'A call of a custom tool needs that tool in tools.');
    const args = { input: typeof custom['input'] === 'string' ? custom['input'] : '' };
    return { name, call: { ...head, name: encoding.names.sent(name), args } };
  }
  const called: JsonObject = isRecord(call['function']) ? call['function'] : {};
  const name = stringOf(called['name']);
  return { name, call: { ...head, name: encoding.names.sent(name), args: argumentsObject(called['arguments']) } };
}

function withSignature(functionCall: FunctionCall, thoughtSignature: string | undefined): Part {
  return thoughtSignature === undefined ? { functionCall } : { functionCall, thoughtSignature };
}

/** Adds the result that a `tool` message gives. */
export function addToolResult(message: JsonObject, path: string, conversation: Conversation, encoding: Encoding): void {
  const id = message['tool_call_id'];
  const call = conversation.callWithId(plainId(id));
  if (call === undefined)
    throw new UnsupportedRequest(`${path}.tool_call_id`, 'No earlier message has a tool call with this id.');
  const content = resultContent(message['content'], `${path}.content`, encoding);
  const response =
    message['is_error'] === true
      ? { error: content.text }
      : (parseJsonObject(content.text) ?? { output: content.text });
  addResult({ call, response, media: content.media, path }, conversation, encoding);
}

/** Adds the result that a deprecated `function` message gives. */
export function addFunctionResult(
  message: JsonObject,
  path: string,
  conversation: Conversation,
  encoding: Encoding,
): void {
  const name = stringOf(message['name']);
  const call = conversation.callWithName(name);
  if (call === undefined)
    throw new UnsupportedRequest(`${path}.name`, 'No earlier message has a call of this function without a result.');
  const text = textOf(message['content']) ?? '';
  const response = parseJsonObject(text) ?? { output: text };
  addResult({ call, response, media: [], path }, conversation, encoding);
}

interface Result {
  readonly call: PendingCall;
  readonly response: object;
  readonly media: readonly { readonly inlineData: Blob }[];
  /** Path of the message. */
  readonly path: string;
}

function addResult({ call, response, media, path }: Result, conversation: Conversation, encoding: Encoding): void {
  const sent = call.turn.parts.filter((part) => part.functionCall !== undefined)[call.slot]?.functionCall;
  const functionResponse = {
    ...(sent?.id !== undefined && { id: sent.id }),
    name: encoding.names.sent(call.name),
    response,
    ...(media.length > 0 && { parts: media }),
  };
  const replaced = conversation.addResult(call, { functionResponse }, path);
  // Of two results for one call the last is sent.
  if (replaced !== undefined) encoding.dropped.add(`${replaced}.content`);
}

interface ResultContent {
  readonly text: string;
  readonly media: readonly { readonly inlineData: Blob }[];
}

function resultContent(content: unknown, path: string, encoding: Encoding): ResultContent {
  if (!Array.isArray(content)) return { text: textOf(content) ?? '', media: [] };
  const media: { readonly inlineData: Blob }[] = [];
  let text = '';
  for (const [position, part] of content.entries()) {
    const at = `${path}[${position}]`;
    if (isRecord(part) && part['type'] === 'text') text += textOf(part['text']) ?? '';
    else media.push(resultImage(part, at, encoding));
  }
  return { text, media };
}

function resultImage(part: unknown, path: string, encoding: Encoding): { readonly inlineData: Blob } {
  if (!isRecord(part) || part['type'] !== 'image_url') throw unknownPart(path, part);
  const made = encoding.traits.toolResultMedia
    ? mediaPart(urlSource(part['image_url'], `${path}.image_url`, 'image'), rulesOf(encoding))
    : undefined;
  if (made !== undefined && 'inlineData' in made) return made;
  throw new UnsupportedRequest(path, 'This model takes no such image in a tool result.');
}
