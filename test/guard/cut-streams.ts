import type { ChatChunk } from '../../src/chat/types.js';
import { sse } from '../../src/testing/index.js';
import { CHANNELS, chunk } from './support.js';

export const NAMES = Object.keys(CHANNELS);
/** Choices that one response may have. */
export const MAX_CHOICES = 128;

/** A stream in which every choice has the text in every channel, cut at another place. */
export function cutEverywhere(
  text: (channel: string) => string,
  choices: number,
  pieces: (whole: string, choice: number) => string[],
  channels: readonly string[] = NAMES,
) {
  const events: ChatChunk[] = [];
  for (let choice = 0; choice < choices; choice++) events.push(chunk({ role: 'assistant' }, choice));
  const queues = Array.from({ length: choices }, (_, choice) =>
    channels.map((channel) => pieces(text(channel), choice).map((piece) => CHANNELS[channel]!(piece))),
  );
  // Interleaved: every channel of every choice gets its first piece before any gets its second.
  for (let round = 0; queues.some((lists) => lists.some((list) => list.length > round)); round++) {
    for (const [choice, lists] of queues.entries()) {
      for (const list of lists) if (list[round] !== undefined) events.push(chunk(list[round]!, choice));
    }
  }
  for (let choice = 0; choice < choices; choice++) events.push(chunk({}, choice, 'stop'));
  return sse([...events, '[DONE]']);
}

/** Channels whose text is JSON. */
export const isJson = (channel: string): boolean =>
  channel === 'tool call 0' || channel === 'tool call 1' || channel === 'function_call';

/** A text with `value` in it, for each channel. */
export function textWith(value: string): (channel: string) => string {
  return (channel) => (isJson(channel) ? JSON.stringify({ to: value, n: 1 }) : `To ${value}. End`);
}

/** Cut in two, in each choice one character further on. */
export const inTwo = (text: string, choice: number): string[] => {
  const at = 1 + (choice % (text.length - 1));
  return [text.slice(0, at), text.slice(at)];
};
export const oneByOne = (text: string): string[] => text.split('');
