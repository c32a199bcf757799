import { parseExact } from '../json/exact-numbers.js';
import { sizedSteps, type ResponseOptions } from './responses.js';
import type { FakeToolCall } from './chat-bodies.js';
import type { EventStreamOptions, StreamEnding } from './event-streams.js';
import { fault, type Fault } from './fault.js';
import type { ReceivedRequest } from './request-log.js';
import type { Script } from './script.js';

/** Content of a scripted reply of Claude, or of a model behind Bedrock; whole or streamed. */
export interface BlockReply {
  /** Its text. Empty or absent: there is no text block. */
  readonly text?: string | undefined;
  /** Comes first, with its signature. */
  readonly thinking?: { readonly text: string; readonly signature: string } | undefined;
  /** `arguments` must be an object, or the JSON text of one. */
  readonly toolCalls?: readonly FakeToolCall[] | undefined;
  /**
   * Why it ended, in the words of Anthropic and Bedrock.
   * @defaultValue `'end_turn'`, with tool calls `'tool_use'`
   */
  readonly stopReason?: string | undefined;
}

/** @internal Why a reply ends, in the words of Anthropic and Bedrock. */
export function stopReasonOf({ stopReason, toolCalls = [] }: BlockReply): string {
  return stopReason ?? (toolCalls.length > 0 ? 'tool_use' : 'end_turn');
}

/** @internal The input of a call as a JSON value, its numbers digit for digit. */
export function inputOf({ arguments: given }: FakeToolCall): unknown {
  return typeof given === 'string' ? parseExact(given) : given;
}

/** @internal A text in pieces of a few characters. */
export function piecesOf(text: string): readonly string[] {
  return text.match(/[^]{1,8}/gu) ?? [];
}

/** @internal A whole body, or the first half of its JSON. */
export function wholeSteps(body: unknown, isCut: boolean, options: ResponseOptions, request: ReceivedRequest) {
  const text = JSON.stringify(body);
  return sizedSteps(isCut ? text.slice(0, text.length / 2) : text, options, request);
}

/** @internal A stream that stops after a few words, in each way in which a connection can. */
export function brokenOff(begun: (options: EventStreamOptions) => Script) {
  const ends = (description: string, end: StreamEnding): Fault => fault('cut', description, begun({ end }));
  return {
    resetMidStream: ends('Resets after a few words.', 'reset'),
    closedMidStream: ends('Closes within the body after a few words.', 'fin'),
    hangMidStream: ends('Sends nothing more after a few words.', 'hang'),
    endsMidStream: ends('Ends cleanly after a few words.', 'clean'),
  };
}
