import type { ChatMessage, ChatRequest } from '../chat/types.js';
import { filledText, isRecord, type JsonObject } from '../util/json-object.js';
import type { ContentMessage, MessagePart } from './bounded-messages.js';

/** A prompt in the form of the GenAI conventions. */
export interface PromptContent {
  /** Leading system and developer messages: the formats of Anthropic, Gemini and Bedrock send them apart, too. */
  readonly instructions: readonly MessagePart[];
  readonly messages: readonly ContentMessage[];
}

/** The messages of `request` by the conventions' names. Bytes of images, audio and files are left out. */
export function promptContent({ messages }: ChatRequest): PromptContent {
  const first = messages.findIndex(({ role }) => role !== 'system' && role !== 'developer');
  const count = first === -1 ? messages.length : first;
  return {
    instructions: messages.slice(0, count).flatMap((message) => partsOf(message)),
    messages: messages.slice(count).map((message) => ({ role: roleOf(message), parts: partsOf(message) })),
  };
}

/** Content of a message: text, reasoning, refusal, tool calls or the result of one. */
export function partsOf(message: JsonObject): MessagePart[] {
  if (message['role'] === 'tool' || message['role'] === 'function') return [toolResult(message)];
  const parts = [...contentParts(message['content'])];
  const reasoning = filledText(message['reasoning_content']) ?? filledText(message['reasoning']);
  if (reasoning !== undefined) parts.unshift({ type: 'reasoning', content: reasoning });
  const refusal = filledText(message['refusal']);
  if (refusal !== undefined) parts.push({ type: 'refusal', content: refusal });
  if (Array.isArray(message['tool_calls'])) for (const call of message['tool_calls']) parts.push(...callParts(call));
  if (isRecord(message['function_call'])) parts.push(...callParts({ function: message['function_call'] }));
  return parts;
}

/** Deprecated functions are tools by another name. */
function roleOf({ role }: ChatMessage): string {
  return role === 'function' ? 'tool' : role;
}

function toolResult(message: JsonObject): MessagePart {
  const response = contentParts(message['content'])
    .map((part) => part['content'] ?? '')
    .join('\n');
  return part('tool_call_response', { id: filledText(message['tool_call_id']), response });
}

function contentParts(content: unknown): MessagePart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', content }];
  if (!Array.isArray(content)) return [];
  return content.flatMap((item: unknown) => (isRecord(item) ? contentPart(item) : []));
}

function contentPart(item: JsonObject): MessagePart[] {
  const text = filledText(item['text']) ?? filledText(item['refusal']);
  if (text !== undefined) return [{ type: item['type'] === 'refusal' ? 'refusal' : 'text', content: text }];
  if (isRecord(item['image_url'])) return [imagePart(filledText(item['image_url']['url']) ?? '')];
  if (isRecord(item['input_audio'])) return [part('blob', { modality: 'audio' })];
  if (isRecord(item['file'])) return [part('file', { file_id: filledText(item['file']['file_id']) })];
  return [];
}

function imagePart(url: string): MessagePart {
  const data = /^data:([\w.+-]+\/[\w.+-]+)?/.exec(url);
  if (data === null) return part('uri', { modality: 'image', uri: url });
  return part('blob', { modality: 'image', mime_type: data[1] });
}

function callParts(call: unknown): MessagePart[] {
  if (!isRecord(call)) return [];
  const called = isRecord(call['function']) ? call['function'] : call['custom'];
  if (!isRecord(called)) return [];
  const input = filledText(called['arguments']) ?? filledText(called['input']);
  return [part('tool_call', { id: filledText(call['id']), name: filledText(called['name']), arguments: input })];
}

function part(type: string, members: Readonly<Record<string, string | undefined>>): MessagePart {
  const filled: Record<string, string> & { type: string } = { type };
  for (const [name, value] of Object.entries(members)) if (value !== undefined) filled[name] = value;
  return filled;
}
