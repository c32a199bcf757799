import { isRecord, type JsonObject } from '../../util/json-object.js';
import { UnsupportedRequest } from '../../contracts/wire-format.js';
import { addAssistantMessage } from './assistant.js';
import { withThinkingApart } from '../shared/thinking-parts.js';
import { cachePointOf, closeWith, isCachePoint } from './cache-points.js';
import { contentBlocks } from './content.js';
import { Conversation } from './conversation.js';
import type { EncodeState } from './encode-state.js';

/** Turns the request's messages into Bedrock's system texts and turns. */
export function encodeMessages(state: EncodeState): Conversation {
  const conversation = new Conversation();
  for (const [index, message] of state.request.messages.entries()) {
    addMessage(conversation, message, index, state);
  }
  trimPrefill(conversation, state);
  return conversation;
}

function addMessage(conversation: Conversation, message: JsonObject, index: number, state: EncodeState): void {
  const path = `messages[${index}]`;
  const role = message['role'];
  if (role === 'tool') return addToolResult(conversation, message, index, state);
  if (role === 'function') return addFunctionResult(conversation, message, index, state);
  if (typeof message['name'] === 'string' && message['name'] !== '') state.dropped.add(`${path}.name`);
  if (role === 'assistant') return addAssistantMessage(conversation, withThinkingApart(message), index, state);
  const owner = role === 'user' ? 'user' : 'system';
  const blocks = contentBlocks(message['content'], owner, `${path}.content`, state);
  closeWith(blocks, cachePointOf(message, state.model));
  if (owner === 'system') {
    conversation.system.push(...blocks);
    return;
  }
  if (blocks.length === 0) throw new UnsupportedRequest(`${path}.content`, 'Bedrock takes no empty user message.');
  conversation.turn('user', index).blocks.push(...blocks);
}

function addToolResult(conversation: Conversation, message: JsonObject, index: number, state: EncodeState): void {
  const path = `messages[${index}]`;
  const call = conversation.callById(String(message['tool_call_id']));
  if (call === undefined) {
    throw new UnsupportedRequest(`${path}.tool_call_id`, 'There is no tool call with this id before it.');
  }
  addResult(conversation, call, message, index, state);
}

/** The deprecated form: the result belongs to the latest call of that function that has none. */
function addFunctionResult(conversation: Conversation, message: JsonObject, index: number, state: EncodeState): void {
  const call = conversation.openCallByName(String(message['name']));
  if (call === undefined) {
    throw new UnsupportedRequest(`messages[${index}].name`, 'There is no call of this function before it.');
  }
  addResult(conversation, call, message, index, state);
}

function addResult(
  conversation: Conversation,
  call: NonNullable<ReturnType<Conversation['callById']>>,
  message: JsonObject,
  index: number,
  state: EncodeState,
): void {
  const path = `messages[${index}].content`;
  const marked = contentBlocks(message['content'], 'tool', path, state);
  const content = marked.filter((block) => !isCachePoint(block));
  const result: JsonObject = { toolUseId: call.sentId, content };
  if (message['is_error'] === true) addErrorStatus(result, index, state);
  const turn = conversation.turn('user', index);
  const replaced = conversation.setResult(call, turn, { toolResult: result }, path);
  if (replaced !== undefined) state.dropped.add(replaced);
  closeWith(turn.results, marked.findLast(isCachePoint) ?? cachePointOf(message, state.model));
}

/** Only Claude and Nova know the status of a result. */
function addErrorStatus(result: JsonObject, index: number, { model, dropped }: EncodeState): void {
  if (model.family === 'claude' || model.family === 'nova') result['status'] = 'error';
  else dropped.add(`messages[${index}].is_error`);
}

/** An assistant message at the end is what the model goes on from: not every model does, and none takes a space last. */
function trimPrefill(conversation: Conversation, { model }: EncodeState): void {
  const last = conversation.turns.at(-1);
  if (last?.role !== 'assistant' || last.blocks.some((block) => 'toolUse' in block)) return;
  if (!model.prefill) {
    throw new UnsupportedRequest(`messages[${last.last}]`, 'This model does not go on from an assistant message.');
  }
  const index = last.blocks.findLastIndex((block) => 'text' in block);
  const block = last.blocks[index];
  if (isRecord(block) && typeof block['text'] === 'string') last.blocks[index] = { text: block['text'].trimEnd() };
}
