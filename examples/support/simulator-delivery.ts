// Sends the response of a simulator: at once, or word by word at the pace of a model.
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { respondTo, type SimulatedResponse, type SimulatedChoice } from './simulator-response.ts';
import type { SimulatedRequest } from './simulator-request.ts';
import type { Personality } from './personality.ts';

export interface Delivery {
  readonly personality: Personality;
  /** Factor of all delays. */
  readonly scale: number;
  /** Break off in the middle. */
  readonly cut: boolean;
  /** Aborted when the client disconnects. */
  readonly signal: AbortSignal;
}

/** Words that are sent before a cut. */
const WORDS_BEFORE_CUT = 5;

/** @returns how many tokens were sent */
export async function deliver(request: SimulatedRequest, res: ServerResponse, delivery: Delivery): Promise<number> {
  const response = respondTo(request, delivery.personality);
  await pause(delivery.personality.firstTokenMs, delivery);
  if (request.stream) return deliverStream(request, response, res, delivery);
  await pause(delivery.personality.tokenMs * response.usage.completion_tokens, delivery);
  const body = JSON.stringify({
    ...identity('chat.completion', request, response),
    choices: response.choices.map(wholeChoice),
    usage: response.usage,
  });
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  if (delivery.cut) return cutOff(res, body.slice(0, body.length / 2));
  res.end(body);
  return response.usage.completion_tokens;
}

function wholeChoice({ tokens, toolCall, finishReason }: SimulatedChoice, index: number): object {
  const calls = toolCall === undefined ? {} : { tool_calls: [asToolCall(toolCall)] };
  const content = toolCall === undefined ? tokens.join('') : null;
  return {
    index,
    message: { role: 'assistant', content, refusal: null, ...calls },
    logprobs: null,
    finish_reason: finishReason,
  };
}

async function deliverStream(
  request: SimulatedRequest,
  response: SimulatedResponse,
  res: ServerResponse,
  delivery: Delivery,
): Promise<number> {
  res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  const common = {
    ...identity('chat.completion.chunk', request, response),
    ...(request.includeUsage ? { usage: null } : {}),
  };
  const write = (changes: object): void => void res.write(`data: ${JSON.stringify({ ...common, ...changes })}\n\n`);
  const say = (index: number, delta: object, finish: string | null = null): void =>
    write({ choices: [{ index, delta, logprobs: null, finish_reason: finish }] });

  let sent = 0;
  for (const index of response.choices.keys()) say(index, { role: 'assistant', content: '', refusal: null });
  for (const [index, delta] of interleaved(response.choices)) {
    await pause(delivery.personality.tokenMs, delivery);
    if (delivery.cut && sent === WORDS_BEFORE_CUT) return cutOff(res, '');
    say(index, delta);
    sent += 1;
  }
  for (const [index, choice] of response.choices.entries()) say(index, {}, choice.finishReason);
  if (request.includeUsage) write({ choices: [], usage: response.usage });
  res.end('data: [DONE]\n\n');
  return response.usage.completion_tokens;
}

/** The deltas of all choices, a word of each in turn. */
function* interleaved(choices: readonly SimulatedChoice[]): Iterable<readonly [index: number, delta: object]> {
  const deltas = choices.map(deltasOf);
  const longest = Math.max(...deltas.map((list) => list.length));
  for (let turn = 0; turn < longest; turn++) {
    for (const [index, list] of deltas.entries()) {
      const delta = list[turn];
      if (delta !== undefined) yield [index, delta];
    }
  }
}

function deltasOf({ tokens, toolCall }: SimulatedChoice): object[] {
  if (toolCall === undefined) return tokens.map((token) => ({ content: token }));
  const opening = asToolCall({ ...toolCall, arguments: '' });
  const fragments = toolCall.arguments.match(/[^]{1,6}/gu) ?? [];
  return [
    { tool_calls: [{ index: 0, ...opening }] },
    ...fragments.map((fragment) => ({ tool_calls: [{ index: 0, function: { arguments: fragment } }] })),
  ];
}

function asToolCall({ id, name, arguments: text }: NonNullable<SimulatedChoice['toolCall']>) {
  return { id, type: 'function', function: { name, arguments: text } };
}

function identity(object: string, request: SimulatedRequest, response: SimulatedResponse): object {
  const created = Math.floor(Date.now() / 1_000);
  return {
    id: response.id,
    object,
    created,
    model: request.model,
    service_tier: 'default',
    system_fingerprint: 'fp_simulated',
  };
}

async function cutOff(res: ServerResponse, last: string): Promise<number> {
  // The written bytes must be sent before the connection is destroyed.
  await new Promise<void>((resolve) => res.write(last === '' ? ': \n' : last, () => resolve()));
  res.destroy();
  return 0;
}

async function pause(ms: number, { scale, signal }: Delivery): Promise<void> {
  if (scale > 0) await sleep(ms * scale, undefined, { signal, ref: false });
  signal.throwIfAborted();
}
