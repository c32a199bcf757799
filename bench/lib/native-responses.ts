// Responses of the upstream in a vendor's own API: the same text as in OpenAI's form, built at start-up.
import { testKit } from './package.ts';

/** The APIs that are compared with OpenAI's chat completions. */
export type NativeFormat = 'anthropic' | 'gemini' | 'bedrock';

const INPUT_TOKENS = 200;
const OUTPUT_TOKENS = 150;

interface NativeResponses {
  /** Part of the path of a request. */
  readonly path: string;
  readonly contentType: string;
  whole(text: string): Buffer;
  /** One piece of a stream for each text, between a beginning and an end. */
  events(texts: readonly string[]): readonly Buffer[];
}

const ANTHROPIC: NativeResponses = {
  path: '/v1/messages',
  contentType: 'text/event-stream',
  whole: (text) =>
    json({
      ...CLAUDE_MESSAGE,
      content: [{ type: 'text', text }],
      stop_reason: 'end_turn',
      usage: { input_tokens: INPUT_TOKENS, output_tokens: OUTPUT_TOKENS },
    }),
  events: (texts) => [
    namedEvent({ type: 'message_start', message: { ...CLAUDE_MESSAGE, usage: { input_tokens: INPUT_TOKENS } } }),
    namedEvent({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    ...texts.map((text) => namedEvent({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
    namedEvent({ type: 'content_block_stop', index: 0 }),
    namedEvent({
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: OUTPUT_TOKENS },
    }),
    namedEvent({ type: 'message_stop' }),
  ],
};

const CLAUDE_MESSAGE = {
  id: 'msg_bench',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-5',
  content: [],
  stop_reason: null,
  stop_sequence: null,
};

const GEMINI: NativeResponses = {
  path: 'enerateContent',
  contentType: 'text/event-stream',
  whole: (text) => json(geminiResponse(text, 'STOP')),
  events: (texts) => [
    ...texts.map((text) => dataEvent(geminiResponse(text))),
    dataEvent({ ...geminiResponse('', 'STOP'), candidates: [{ finishReason: 'STOP', index: 0 }] }),
  ],
};

function geminiResponse(text: string, finishReason?: string): object {
  return {
    candidates: [{ content: { role: 'model', parts: [{ text }] }, finishReason, index: 0 }],
    usageMetadata: {
      promptTokenCount: INPUT_TOKENS,
      candidatesTokenCount: OUTPUT_TOKENS,
      totalTokenCount: INPUT_TOKENS + OUTPUT_TOKENS,
    },
    modelVersion: 'gemini-2.5-flash',
    responseId: 'bench',
  };
}

const BEDROCK: NativeResponses = {
  path: '/converse',
  contentType: 'application/vnd.amazon.eventstream',
  whole: (text) =>
    json({
      output: { message: { role: 'assistant', content: [{ text }] } },
      stopReason: 'end_turn',
      usage: BEDROCK_USAGE,
    }),
  events: (texts) => [
    frame('messageStart', { role: 'assistant' }),
    ...texts.map((text) => frame('contentBlockDelta', { contentBlockIndex: 0, delta: { text } })),
    frame('contentBlockStop', { contentBlockIndex: 0 }),
    frame('messageStop', { stopReason: 'end_turn' }),
    frame('metadata', { usage: BEDROCK_USAGE }),
  ],
};

const BEDROCK_USAGE = {
  inputTokens: INPUT_TOKENS,
  outputTokens: OUTPUT_TOKENS,
  totalTokens: INPUT_TOKENS + OUTPUT_TOKENS,
};

export const NATIVE_RESPONSES: readonly NativeResponses[] = [ANTHROPIC, GEMINI, BEDROCK];

function json(body: object): Buffer {
  return Buffer.from(JSON.stringify(body));
}

function dataEvent(data: object): Buffer {
  return Buffer.from(`data: ${JSON.stringify(data)}\n\n`);
}

function namedEvent(data: { readonly type: string; readonly [member: string]: unknown }): Buffer {
  return Buffer.from(`event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`);
}

function frame(event: string, data: object): Buffer {
  return Buffer.from(testKit.awsFrame({ event, data }));
}
