// The response of a simulator to a request, before anything is sent: pure and deterministic.
import type { Personality } from './personality.ts';
import type { SimulatedRequest } from './simulator-request.ts';
import { exampleOf } from './simulator-schema.ts';
import { echoOf, seedOf, speak, tokensOf } from './simulator-words.ts';

/** One choice of a response. */
export interface SimulatedChoice {
  readonly tokens: readonly string[];
  readonly toolCall: { readonly id: string; readonly name: string; readonly arguments: string } | undefined;
  readonly finishReason: 'stop' | 'length' | 'tool_calls';
}

export interface SimulatedResponse {
  readonly id: string;
  readonly choices: readonly SimulatedChoice[];
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number; readonly total_tokens: number };
}

export function respondTo(request: SimulatedRequest, personality: Personality): SimulatedResponse {
  const question = lastText(request);
  const seed = seedOf(`${personality.slug} ${question}`);
  const choices = Array.from({ length: request.choices }, (_, index) => choose(request, personality, seed + index));
  const prompt = tokensOf(request.messages.map((message) => textOf(message.content)).join(' ')).length;
  const completion = choices.reduce((sum, choice) => sum + countOf(choice), 0);
  return {
    id: `chatcmpl-${personality.slug}-${seed.toString(36)}`,
    choices,
    usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion },
  };
}

function choose(request: SimulatedRequest, personality: Personality, seed: number): SimulatedChoice {
  const tool = toolToCall(request);
  if (tool !== undefined) {
    const called = {
      id: `call_${seed.toString(36)}`,
      name: tool.name,
      arguments: JSON.stringify(exampleOf(tool.parameters)),
    };
    return { tokens: [], toolCall: called, finishReason: 'tool_calls' };
  }
  const text = untilStop(textFor(request, personality, seed), request.stops);
  const tokens = tokensOf(text);
  if (tokens.length <= request.maxTokens) return { tokens, toolCall: undefined, finishReason: 'stop' };
  return { tokens: tokens.slice(0, request.maxTokens), toolCall: undefined, finishReason: 'length' };
}

/** The required tool; otherwise one whose name is in the question; none after a tool result. */
function toolToCall({
  tools,
  toolChoice,
  messages,
  ...rest
}: SimulatedRequest): SimulatedRequest['tools'][number] | undefined {
  if (toolChoice === 'none' || messages.at(-1)?.role === 'tool') return undefined;
  if (toolChoice === 'required') return tools[0];
  if (toolChoice !== 'auto') return tools.find((tool) => tool.name === toolChoice);
  const question = lastText({ tools, toolChoice, messages, ...rest }).toLowerCase();
  return tools.find(({ name }) => nameWords(name).some((word) => question.includes(word)));
}

/** `get_weather`, `getWeather`: weather. Words of less than four letters are ignored. */
function nameWords(name: string): string[] {
  return name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word.length > 3);
}

function textFor(request: SimulatedRequest, personality: Personality, seed: number): string {
  if (request.jsonSchema === true) return JSON.stringify({ answer: speak(seed, 12) });
  if (request.jsonSchema !== undefined) return JSON.stringify(exampleOf(request.jsonSchema));
  const last = request.messages.at(-1);
  if (last?.role === 'tool') return `The tool says ${textOf(last.content)}. ${speak(seed, personality.words / 4)}`;
  return echoOf(lastText(request)) + speak(seed, personality.words);
}

function untilStop(text: string, stops: readonly string[]): string {
  const ends = stops
    .filter((stop) => stop !== '')
    .map((stop) => text.indexOf(stop))
    .filter((end) => end >= 0);
  return ends.length === 0 ? text : text.slice(0, Math.min(...ends));
}

function countOf(choice: SimulatedChoice): number {
  return choice.toolCall === undefined ? choice.tokens.length : tokensOf(choice.toolCall.arguments).length + 1;
}

function lastText(request: SimulatedRequest): string {
  const last = request.messages.findLast((message) => message.role === 'user');
  return textOf(last?.content);
}

/** Text of a message, whether it is one string or a list of parts. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return (content as { text?: unknown }[]).map((part) => (typeof part.text === 'string' ? part.text : '')).join(' ');
}
