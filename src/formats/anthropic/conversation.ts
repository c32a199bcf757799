import { isRecord, type JsonObject } from '../../util/json-object.js';
import type { AssistantMessage, ChatMessage, ChatRequest, FunctionMessage, ToolMessage } from '../../chat/types.js';
import { UnsupportedRequest } from '../../contracts/wire-format.js';
import { argumentsObject } from '../shared/tool-arguments.js';
import { ToolCallIds } from '../shared/tool-call-ids.js';
import {
  isThinkingBlock,
  type Block,
  type SentMessage,
  type TextBlock,
  type ToolResultBlock,
  type ToolUseBlock,
} from './blocks.js';
import { markLast, markOf } from './cache-marks.js';
import { contentBlocks, isBlank, textBlocks } from './parts.js';
import { signedThinking } from './signed-thinking.js';
import { withThinkingApart } from '../shared/thinking-parts.js';
import type { Translation } from './translation.js';

const ID_RULE = { forbidden: /[^a-zA-Z0-9_-]/g };

/** What the messages of a request become. */
export interface SentConversation {
  readonly system: TextBlock[];
  readonly messages: SentMessage[];
}

/** @throws UnsupportedRequest for content that Anthropic has no form for. */
export function sentConversation({ messages }: ChatRequest, translation: Translation): SentConversation {
  const conversation = new Conversation(translation);
  for (const [index, message] of messages.entries()) conversation.add(message, index);
  conversation.finish();
  return conversation;
}

/** The last turn of the model made calls, but its signed thinking has not come back with the results. */
export function lacksThinking(messages: readonly SentMessage[]): boolean {
  const [turn, last] = messages.slice(-2);
  if (last?.role !== 'user' || turn?.role !== 'assistant') return false;
  if (last.content[0]?.type !== 'tool_result') return false;
  const first = turn.content[0];
  return first !== undefined && !isThinkingBlock(first);
}

/** Merges messages into the turns that Anthropic takes: user and assistant in turn, results of tools first. */
class Conversation implements SentConversation {
  readonly system: TextBlock[] = [];
  readonly messages: SentMessage[] = [];
  readonly #translation: Translation;
  readonly #ids = new ToolCallIds(ID_RULE);
  readonly #results = new Map<string, { readonly block: ToolResultBlock; readonly at: string }>();
  /** Calls without a result so far, by the caller's name: results of the deprecated `function` role name no id. */
  #open: { readonly name: string; readonly id: string }[] = [];
  #functionCalls = 0;
  #lastAssistant = 0;

  constructor(translation: Translation) {
    this.#translation = translation;
  }

  add(message: ChatMessage, index: number): void {
    const at = `messages[${index}]`;
    if (message.role !== 'function' && typeof message['name'] === 'string') this.#translation.dropped.add(`${at}.name`);
    switch (message.role) {
      case 'system':
      case 'developer':
        return this.#addInstruction(message, at);
      case 'user':
        return this.#addUser(message, at);
      case 'assistant':
        this.#lastAssistant = index;
        return this.#addAssistant(withThinkingApart(message), index);
      case 'tool':
        return this.#addResult(this.#idOfResult(message, at), message, at);
      case 'function':
        return this.#addResult(this.#idOfFunctionResult(message, at), message, at);
      default:
        throw new UnsupportedRequest(`${at}.role`, 'Anthropic has no form for this role.');
    }
  }

  /** @throws UnsupportedRequest when nothing is left to send, or the model cannot continue the last message. */
  finish(): void {
    const last = this.messages.at(-1);
    if (this.messages.every(({ role }) => role === 'system')) {
      throw new UnsupportedRequest('messages', 'Anthropic needs at least one user or assistant message.');
    }
    if (last?.role !== 'assistant' || last.content.some(({ type }) => type === 'tool_use')) return;
    if (!this.#translation.traits.prefill) {
      throw new UnsupportedRequest(`messages[${this.#lastAssistant}]`, 'The model continues no assistant message.');
    }
    const text = last.content.findLast((block) => block.type === 'text');
    // White space at the end of the last assistant text is refused upstream.
    if (text !== undefined && text === last.content.at(-1)) text.text = text.text.trimEnd();
  }

  #addInstruction(message: ChatMessage, at: string): void {
    const blocks = textBlocks(message.content, `${at}.content`, this.#translation);
    markLast(blocks, markOf(message, this.#translation.traits));
    if (this.#translation.traits.midSystem && this.messages.length > 0) this.#push('system', blocks);
    else this.system.push(...blocks);
  }

  #addUser(message: ChatMessage, at: string): void {
    const blocks = contentBlocks(message.content, `${at}.content`, this.#translation);
    if (blocks.length === 0) throw new UnsupportedRequest(`${at}.content`, 'Anthropic takes no empty user message.');
    markLast(blocks, markOf(message, this.#translation.traits));
    this.#push('user', blocks);
  }

  #addAssistant(message: AssistantMessage, index: number): void {
    const at = `messages[${index}]`;
    const { audio, refusal } = message;
    if (audio !== undefined && audio !== null) {
      throw new UnsupportedRequest(`${at}.audio`, 'Anthropic has no audio responses to refer to.');
    }
    const blocks: Block[] = textBlocks(message.content, `${at}.content`, this.#translation);
    if (typeof refusal === 'string' && !isBlank(refusal)) {
      if (blocks.length === 0) blocks.push({ type: 'text', text: refusal });
      else this.#translation.dropped.add(`${at}.refusal`);
    }
    blocks.push(...this.#calls(message, index));
    if (blocks.length === 0) return;
    markLast(blocks, markOf(message, this.#translation.traits));
    const thinking = this.#translation.traits.thinking === 'none' ? [] : signedThinking(message);
    this.#push('assistant', [...thinking, ...blocks]);
  }

  #calls({ tool_calls: calls, function_call: legacy }: AssistantMessage, index: number): ToolUseBlock[] {
    const blocks = (calls ?? []).map((call, position) => {
      const at = `messages[${index}].tool_calls[${position}]`;
      const { name, input } = this.#callee(call, at);
      return this.#use(name, input, this.#ids.call(call.id, `call_${index}_${position}`, index));
    });
    if (!isRecord(legacy)) return blocks;
    const id = this.#ids.call(`call_fn_${this.#functionCalls++}`, '', index);
    return [...blocks, this.#use(legacy.name, argumentsObject(legacy.arguments), id)];
  }

  #use(name: string, input: JsonObject, id: string): ToolUseBlock {
    this.#open.push({ name, id });
    return { type: 'tool_use', id, name: this.#translation.names.sent(name), input };
  }

  #callee(call: Readonly<Record<string, unknown>>, at: string): { readonly name: string; readonly input: JsonObject } {
    const { type, custom, function: called } = call;
    if (type === 'custom' && isRecord(custom) && this.#translation.customTools.has(String(custom['name']))) {
      return { name: String(custom['name']), input: { input: custom['input'] } };
    }
    if (type === 'custom' || !isRecord(called)) {
      throw new UnsupportedRequest(at, 'The call names a tool that is not sent along.');
    }
    return { name: String(called['name']), input: argumentsObject(called['arguments']) };
  }

  #idOfResult({ tool_call_id: id }: ToolMessage, at: string): string {
    const sent = this.#ids.result(id);
    if (sent === undefined) throw new UnsupportedRequest(`${at}.tool_call_id`, 'No earlier message makes this call.');
    return sent;
  }

  #idOfFunctionResult({ name }: FunctionMessage, at: string): string {
    const call = this.#open.findLast((open) => open.name === name);
    if (call === undefined) throw new UnsupportedRequest(`${at}.name`, 'No earlier message calls this function.');
    return call.id;
  }

  #addResult(id: string, message: ToolMessage | FunctionMessage, at: string): void {
    const block: ToolResultBlock = { type: 'tool_result', tool_use_id: id };
    const { content } = message;
    if (typeof content === 'string') {
      if (!isBlank(content)) block.content = content;
    } else {
      const blocks = contentBlocks(content, `${at}.content`, this.#translation);
      if (blocks.length > 0) block.content = blocks;
    }
    if (message['is_error'] === true) block.is_error = true;
    markLast([block], markOf(message, this.#translation.traits));
    this.#open = this.#open.filter((open) => open.id !== id);
    this.#pushResult(id, block, at);
  }

  /** Of two results for one call the later one counts. */
  #pushResult(id: string, block: ToolResultBlock, at: string): void {
    const earlier = this.#results.get(id);
    this.#results.set(id, { block, at });
    if (earlier !== undefined) {
      this.#translation.dropped.add(`${earlier.at}.content`);
      const replaced = this.messages.find(({ content }) => content.includes(earlier.block));
      replaced?.content.splice(replaced.content.indexOf(earlier.block), 1, block);
      return;
    }
    const turn = this.#turn('user');
    const behind = turn.content.findLastIndex(({ type }) => type === 'tool_result');
    turn.content.splice(behind + 1, 0, block);
  }

  #push(role: SentMessage['role'], blocks: readonly Block[]): void {
    if (blocks.length > 0) this.#turn(role).content.push(...blocks);
  }

  /** The last message where it is of this role, else a new one. */
  #turn(role: SentMessage['role']): SentMessage {
    const last = this.messages.at(-1);
    if (last?.role === role) return last;
    const turn: SentMessage = { role, content: [] };
    this.messages.push(turn);
    return turn;
  }
}
