import { isRecord, type JsonObject } from '../../util/json-object.js';
import type { Annotation, ResponseToolCall, ChatResponseMessage, ChatCompletion } from '../../chat/types.js';
import { finishReasonOf } from './finish.js';
import { annotationsOf, customInput, refusalOf, responseHead, type Reading } from './reading.js';
import { REASONING_FORMAT } from './signed-thinking.js';
import { tierOf, usageOf } from './usage.js';

/**
 * A whole message of Anthropic as `chat.completion`.
 * @throws TypeError when it is none.
 */
export function completionOf(body: unknown, reading: Reading): ChatCompletion {
  if (!isRecord(body) || body['type'] !== 'message' || !Array.isArray(body['content'])) {
    throw new TypeError('The body is no message of the Anthropic API.');
  }
  const blocks = new MessageReader(reading);
  for (const block of body['content']) if (isRecord(block)) blocks.add(block);
  const stopReason = body['stop_reason'];
  const usage = usageOf(body['usage']);
  const tier = tierOf(body['usage']);
  const message = blocks.message(stopReason === 'refusal' ? refusalOf(body['stop_details']) : undefined);
  const choice = {
    index: 0,
    message,
    logprobs: null,
    finish_reason: finishReasonOf(stopReason, { calls: blocks.calls.length, legacy: reading.legacy }),
    native_finish_reason: typeof stopReason === 'string' ? stopReason : null,
  };
  return {
    object: 'chat.completion',
    ...responseHead(body, reading),
    system_fingerprint: null,
    ...(tier === undefined ? {} : { service_tier: tier }),
    choices: [choice],
    ...(usage === undefined ? {} : { usage }),
  };
}

class MessageReader {
  readonly calls: ResponseToolCall[] = [];
  readonly #reading: Reading;
  #text = '';
  #thinking = '';
  readonly #details: JsonObject[] = [];
  readonly #annotations: Annotation[] = [];

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  /** Blocks of server tools, and those of the future, are no part of the message. */
  add(block: JsonObject): void {
    switch (block['type']) {
      case 'text':
        return this.#addText(block);
      case 'tool_use':
        return this.#addCall(block);
      case 'thinking':
        return this.#addThinking(block);
      case 'redacted_thinking':
        this.#details.push({
          type: 'reasoning.encrypted',
          data: block['data'],
          format: REASONING_FORMAT,
          index: this.#details.length,
        });
    }
  }

  message(refusal: string | undefined): ChatResponseMessage {
    const [first] = this.calls;
    const legacy =
      this.#reading.legacy && first?.function !== undefined ? { function_call: first.function } : undefined;
    return {
      role: 'assistant',
      content: this.#text === '' && first !== undefined ? null : this.#text,
      refusal: refusal ?? null,
      ...(this.#thinking === '' ? {} : { reasoning: this.#thinking, reasoning_content: this.#thinking }),
      ...(this.#details.length === 0 ? {} : { reasoning_details: this.#details }),
      ...(this.#annotations.length === 0 ? {} : { annotations: this.#annotations }),
      ...(first === undefined ? {} : (legacy ?? { tool_calls: this.calls })),
    };
  }

  #addText({ text, citations }: JsonObject): void {
    if (typeof text !== 'string') return;
    const start = this.#text.length;
    this.#text += text;
    this.#annotations.push(...annotationsOf(citations, start, this.#text.length));
  }

  #addThinking({ thinking, signature }: JsonObject): void {
    const text = typeof thinking === 'string' && !this.#reading.excludeReasoning ? thinking : '';
    this.#thinking += text;
    this.#details.push({
      type: 'reasoning.text',
      text,
      ...(typeof signature === 'string' && signature !== '' ? { signature } : {}),
      format: REASONING_FORMAT,
      index: this.#details.length,
    });
  }

  #addCall({ id, name, input }: JsonObject): void {
    const sentName = String(name);
    if (sentName === this.#reading.jsonTool) {
      this.#text += JSON.stringify(input ?? {});
      return;
    }
    const own = this.#reading.names.original(sentName);
    const callId = typeof id === 'string' ? id : `call_${this.calls.length}`;
    this.calls.push(
      this.#reading.customTools.has(own)
        ? { id: callId, type: 'custom', custom: { name: own, input: customInput(input) } }
        : { id: callId, type: 'function', function: { name: own, arguments: JSON.stringify(input ?? {}) } },
    );
  }
}
