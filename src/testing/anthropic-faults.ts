import { json } from './responses.js';
import { anthropicError, anthropicEvents, anthropicReply, type AnthropicReply } from './anthropic-upstream.js';
import { asksForStream } from './chat-responses.js';
import { eventStreamSteps, type EventStreamOptions } from './event-streams.js';
import { fault, type Fault } from './fault.js';
import { brokenOff } from './native-replies.js';
import { onRequest, type Script } from './script.js';

const HALF = { text: 'Half of a sentence that' };
const WHOLE = { text: 'Said in full.' };
/** Behind `message_start`, `ping`, `content_block_start` and a piece of text. */
const BEGUN = 4;

const name = (event: unknown): string => String((event as { type?: unknown }).type);
const named = (event: object): Buffer => Buffer.from(`event: ${name(event)}\ndata: ${JSON.stringify(event)}\n\n`);

/** A stream of these events; a whole response is cut in the middle of its JSON. */
function events(
  reply: AnthropicReply,
  change: (all: readonly object[]) => readonly (object | Buffer)[],
  options: EventStreamOptions = {},
): Script {
  const whole = anthropicReply({ ...reply, fault: 'cut' });
  return onRequest('anthropic events', (request) => {
    if (!asksForStream(request)) return whole.steps(request);
    const changed = change(anthropicEvents(reply, request));
    return eventStreamSteps(
      changed.map((event) => (Buffer.isBuffer(event) ? event : named(event))),
      options,
      request,
    );
  });
}

const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
const ping = { type: 'ping' };
const until = (type: string) => (all: readonly object[]) =>
  all.slice(
    0,
    all.findIndex((event) => name(event) === type),
  );

/** Ways in which the Messages API fails, and what a gateway should make of each. */
export const anthropicFaults = {
  overloaded: fault('next', '529 overloaded_error.', anthropicError(529, 'overloaded_error')),
  rateLimited: fault('next', '429 rate_limit_error.', anthropicError(429, 'rate_limit_error')),
  spendLimit: fault('next', '402 billing_error.', anthropicError(402, 'billing_error')),
  noCredit: fault(
    'next',
    '400, and what is wrong is the credit of the account.',
    anthropicError(400, 'invalid_request_error', 'Your credit balance is too low to access the API.'),
  ),
  badKey: fault('next', '401 authentication_error.', anthropicError(401, 'authentication_error')),
  unknownModel: fault('next', '404 not_found_error.', anthropicError(404, 'not_found_error')),
  serverError: fault('next', '500 api_error.', anthropicError(500, 'api_error')),
  badRequest: fault('relay', '400: the request is at fault.', anthropicError(400, 'invalid_request_error')),
  contextTooLong: fault(
    'relay',
    '400: the prompt is too long.',
    anthropicError(400, 'invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum'),
  ),
  errorInSuccess: fault('next', '200 with an error object.', json(overloaded)),
  errorFirst: fault(
    'next',
    'An error as the first event.',
    events(HALF, () => [overloaded]),
  ),
  errorAfterStart: fault(
    'next',
    'An error after message_start.',
    events(HALF, (all) => [...all.slice(0, 1), overloaded]),
  ),
  errorMidStream: fault(
    'cut',
    'An error event after a few words.',
    events(HALF, (all) => [...all.slice(0, BEGUN), overloaded]),
  ),
  ...brokenOff((options) => events(HALF, (all) => all.slice(0, BEGUN), options)),
  noMessageDelta: fault(
    'cut',
    'A stream without stop reason.',
    events(WHOLE, (all) => all.filter((event) => name(event) !== 'message_delta')),
  ),
  noMessageStop: fault(
    'cut',
    'A stream that ends after its stop reason, without message_stop.',
    events(WHOLE, until('message_stop')),
  ),
  brokenEvent: fault(
    'cut',
    'An event that is no JSON after a few words.',
    events(HALF, (all) => [...all.slice(0, BEGUN), Buffer.from('event: content_block_delta\ndata: {"type":\n\n')]),
  ),
  onlyPings: fault(
    'next',
    'Pings, and then the end.',
    events(HALF, () => [ping, ping, ping]),
  ),
  startOnly: fault(
    'next',
    'message_start, and then the end.',
    events(HALF, (all) => all.slice(0, 2)),
  ),
  emptyStream: fault(
    'next',
    'An event stream without events.',
    events(HALF, () => []),
  ),
  notAMessage: fault('next', '200 with something that is no message.', json({ type: 'completion', completion: 'Hi' })),
  openAiResponse: fault(
    'next',
    '200 with a completion of another API.',
    json({ object: 'chat.completion', choices: [] }),
  ),
  wholeForStream: fault(
    'response',
    'A whole message where a stream was requested.',
    json({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'fake-claude',
      content: [{ type: 'text', text: WHOLE.text }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 1, output_tokens: 3 },
    }),
  ),
  streamForWhole: fault(
    'response',
    'A stream where a whole message was requested.',
    onRequest('anthropic stream', (request) =>
      eventStreamSteps(anthropicEvents(WHOLE, request).map(named), {}, request),
    ),
  ),
  pingsBetween: fault(
    'response',
    'Pings between the events, and events that are new.',
    onRequest('anthropic pings', (request) => {
      if (!asksForStream(request)) return anthropicReply(WHOLE).steps(request);
      const all = anthropicEvents(WHOLE, request).flatMap((event) => [ping, { type: 'event_of_next_year' }, event]);
      return eventStreamSteps(all.map(named), {}, request);
    }),
  ),
} as const satisfies Record<string, Fault>;
