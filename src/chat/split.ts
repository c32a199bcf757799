import { flattenContent } from './content-parts.js';
import { filledText, indexIn, isRecord, type JsonObject } from '../util/json-object.js';
import type { ChatChoice, ChatChunk, ChatCompletion, ChunkChoice } from './types.js';

export interface SplitOptions {
  /** Usage was requested: a last chunk without choices has it, and every other chunk has `usage: null`. */
  readonly includeUsage: boolean;
}

/** Members that every chunk repeats. All others are in the first chunk only. */
const IN_EVERY_CHUNK: readonly string[] = ['id', 'created', 'model', 'service_tier', 'system_fingerprint'];
const NOT_SAID: ReadonlySet<string> = new Set([...IN_EVERY_CHUNK, 'object', 'choices', 'usage']);
const OWN_CHOICE: ReadonlySet<string> = new Set(['index', 'message', 'delta', 'finish_reason', 'logprobs']);
const OWN_MESSAGE: ReadonlySet<string> = new Set(['role', 'content', 'refusal', 'tool_calls', 'function_call']);

/**
 * A completion as the chunks of a stream: for each choice its role, its content and its finish reason.
 * `assembleCompletion` restores the completion from them.
 */
export function splitCompletion(completion: ChatCompletion, { includeUsage }: SplitOptions): ChatChunk[] {
  const common = commonMembers(completion, includeUsage);
  const chunks: ChatChunk[] = [];
  for (const choice of completion.choices.flatMap(splitChoice)) chunks.push({ ...common, choices: [choice] });
  if (includeUsage && isRecord(completion.usage)) {
    chunks.push({ ...common, choices: [], usage: completion.usage });
  }
  const [first] = chunks;
  if (first !== undefined) chunks[0] = { ...first, ...withoutMembers(completion, NOT_SAID) };
  return chunks;
}

function commonMembers(completion: ChatCompletion, includeUsage: boolean): ChatChunk {
  const common: ChatChunk = { object: 'chat.completion.chunk', system_fingerprint: null };
  for (const key of IN_EVERY_CHUNK) {
    if (completion[key] !== undefined) common[key] = completion[key];
  }
  if (includeUsage) common.usage = null;
  return common;
}

function splitChoice(choice: ChatChoice, position: number): ChunkChoice[] {
  const given = indexIn(choice.index);
  const index = typeof given === 'number' ? given : position;
  const message = messageOf(choice);
  const logprobs = isRecord(choice['logprobs']) ? choice['logprobs'] : undefined;
  const hasContent = filledText(message['content']) !== undefined;
  const hasRefusal = filledText(message['refusal']) !== undefined;

  const deltas: ChunkChoice[] = [piece(index, openingDelta(message))];
  const others = withoutMembers(message, OWN_MESSAGE);
  if (Object.keys(others).length > 0) deltas.push(piece(index, others));
  if (hasContent) deltas.push(piece(index, { content: message['content'] }, { content: logprobs?.['content'] }));
  if (hasRefusal) deltas.push(piece(index, { refusal: message['refusal'] }, { refusal: logprobs?.['refusal'] }));
  if (isRecord(message['function_call'])) deltas.push(piece(index, { function_call: message['function_call'] }));
  for (const delta of toolCallDeltas(message['tool_calls'])) deltas.push(piece(index, delta));

  const end = piece(
    index,
    {},
    {
      content: hasContent ? null : logprobs?.['content'],
      refusal: hasRefusal ? null : logprobs?.['refusal'],
    },
  );
  deltas.push({
    ...end,
    ...withoutMembers(choice, OWN_CHOICE),
    finish_reason: filledText(choice.finish_reason) ?? null,
  });
  return deltas;
}

/** The message; a `content` that is a list of parts, which streams do not have, is brought into OpenAI's form. */
function messageOf({ message }: ChatChoice): JsonObject {
  if (!isRecord(message)) return {};
  if (typeof message.content !== 'object' || message.content === null) return message;
  const flat: JsonObject = { ...message };
  flattenContent(flat);
  return flat;
}

/** The first delta: clients expect the role in it. `content` is `""` where text follows, else null. */
function openingDelta(message: JsonObject): JsonObject {
  const role = typeof message['role'] === 'string' ? message['role'] : 'assistant';
  return { role, content: typeof message['content'] === 'string' ? '' : null, refusal: null };
}

/** One delta for each tool call. Clients join pieces of calls by `index`. */
function toolCallDeltas(toolCalls: unknown): JsonObject[] {
  if (!Array.isArray(toolCalls)) return [];
  return toolCalls.filter(isRecord).map((call, index) => ({ tool_calls: [{ ...call, index }] }));
}

interface Logprobs {
  readonly content?: unknown;
  readonly refusal?: unknown;
}

function piece(index: number, delta: JsonObject, logprobs: Logprobs = {}): ChunkChoice {
  const content = Array.isArray(logprobs.content) ? logprobs.content : null;
  const refusal = Array.isArray(logprobs.refusal) ? logprobs.refusal : null;
  return {
    index,
    delta,
    logprobs: content === null && refusal === null ? null : { content, refusal },
    finish_reason: null,
  };
}

function withoutMembers(source: JsonObject, except: ReadonlySet<string>): JsonObject {
  const rest: JsonObject = {};
  for (const key of Object.keys(source)) {
    if (key !== '__proto__' && !except.has(key)) rest[key] = source[key];
  }
  return rest;
}
