import { isRecord, type JsonObject } from '../../util/json-object.js';
import type { Annotation, ChatResponseMessage, ChatCompletion } from '../../chat/types.js';
import type { ExchangeContext } from '../../contracts/wire-format.js';
import { annotationsOf } from './citations.js';
import type { ResponseReading } from './converse.js';
import { imageOutput } from './images.js';
import { finishReasonOf, shownReason } from './stop-reason.js';
import { toolCallOf } from './tool-calls.js';
import { usageOf } from './usage.js';

/** A whole Converse response as `chat.completion`. @throws when it is none, or names a failure as its end. */
export function decodeConverse(
  body: unknown,
  model: string,
  { requestId, now }: ExchangeContext,
  reading: ResponseReading,
): ChatCompletion {
  const output = isRecord(body) ? body['output'] : undefined;
  const message = isRecord(output) ? output['message'] : undefined;
  const content = isRecord(message) ? message['content'] : undefined;
  if (!isRecord(body) || !Array.isArray(content)) throw new Error('The response has no output.message.');
  const read = new MessageReader(reading);
  for (const block of content) if (isRecord(block)) read.add(block);
  const calls = read.calls.length === 0 ? 'none' : reading.legacyFunctions ? 'function_call' : 'tool_calls';
  const finishReason = finishReasonOf(body['stopReason'], calls);
  if (finishReason === undefined) throw new Error(`The response ended with ${shownReason(body['stopReason'])}.`);
  const completion: ChatCompletion = {
    id: `chatcmpl-${requestId}`,
    object: 'chat.completion',
    created: now,
    model,
    choices: [
      {
        index: 0,
        message: read.message(),
        logprobs: null,
        finish_reason: finishReason,
        native_finish_reason: body['stopReason'],
      },
    ],
    system_fingerprint: null,
  };
  const usage = usageOf(body['usage']);
  if (usage !== undefined) completion.usage = usage;
  const tier = body['serviceTier'];
  if (isRecord(tier) && typeof tier['type'] === 'string') completion.service_tier = tier['type'];
  return completion;
}

/** Reads the blocks of one message. */
class MessageReader {
  readonly calls: JsonObject[] = [];
  readonly #reading: ResponseReading;
  #text = '';
  /** The response where it came as the input of a tool. */
  #json: string | undefined;
  #reasoning = '';
  readonly #details: JsonObject[] = [];
  readonly #annotations: Annotation[] = [];
  readonly #images: JsonObject[] = [];

  constructor(reading: ResponseReading) {
    this.#reading = reading;
  }

  add(block: JsonObject): void {
    if (typeof block['text'] === 'string') this.#text += block['text'];
    else if (isRecord(block['toolUse'])) this.#addCall(block['toolUse']);
    else if (isRecord(block['reasoningContent'])) this.#addReasoning(block['reasoningContent']);
    else if (isRecord(block['citationsContent'])) this.#addCited(block['citationsContent']);
    else if ('image' in block) this.#addImage(block['image']);
  }

  message(): ChatResponseMessage {
    const text = this.#json ?? this.#text;
    const message: ChatResponseMessage = { role: 'assistant', content: text, refusal: null };
    if (text === '' && this.calls.length > 0) message.content = null;
    if (this.#reasoning !== '') {
      message['reasoning'] = this.#reasoning;
      message['reasoning_content'] = this.#reasoning;
    }
    if (this.#details.length > 0) message['reasoning_details'] = this.#details;
    if (this.#annotations.length > 0 && this.#json === undefined) message.annotations = this.#annotations;
    if (this.#images.length > 0) message['images'] = this.#images;
    if (this.calls.length === 0) return message;
    if (this.#reading.legacyFunctions) message.function_call = this.calls[0]!['function'] as JsonObject;
    else message.tool_calls = this.calls;
    return message;
  }

  /** Tools that the provider ran itself are no calls of the client's. */
  #addCall(toolUse: JsonObject): void {
    if (toolUse['type'] === 'server_tool_use') return;
    if (toolUse['name'] === this.#reading.jsonTool) this.#json ??= JSON.stringify(toolUse['input'] ?? {});
    else this.calls.push(toolCallOf(toolUse, this.#reading));
  }

  #addReasoning(content: JsonObject): void {
    const format = this.#reading.reasoningFormat;
    const index = this.#details.length;
    const { reasoningText, redactedContent } = content;
    if (typeof redactedContent === 'string') {
      this.#details.push({ type: 'reasoning.encrypted', data: redactedContent, format, index });
    }
    if (!isRecord(reasoningText)) return;
    const { text, signature } = reasoningText;
    const formatValue = typeof text === 'string' ? text : '';
    if (!this.#reading.excludeReasoning) this.#reasoning += formatValue;
    const kept = this.#reading.excludeReasoning && typeof signature !== 'string';
    if (kept) return;
    this.#details.push({
      type: 'reasoning.text',
      text: formatValue,
      ...(typeof signature === 'string' ? { signature } : {}),
      format,
      index,
    });
  }

  #addCited(block: JsonObject): void {
    const start = this.#text.length;
    const { content, citations } = block;
    for (const piece of Array.isArray(content) ? content : []) {
      if (isRecord(piece) && typeof piece['text'] === 'string') this.#text += piece['text'];
    }
    if (Array.isArray(citations)) this.#annotations.push(...annotationsOf(citations, start, this.#text.length));
  }

  #addImage(image: unknown): void {
    const formatValue = imageOutput(image, this.#images.length);
    if (formatValue !== undefined) this.#images.push(formatValue);
  }
}
