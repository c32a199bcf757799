import { error, errorBody, json } from './responses.js';
import { chat } from './chat-responses.js';
import { fault, type Fault } from './fault.js';
import { RESPONSE_FAULTS } from './response-faults.js';
import { keepAliveOnly, earlyResponse, hang, ignoreAbort, reset, close, stale } from './interruptions.js';
import { onRequest } from './script.js';

const inMs = (ms: number): string => new Date(ms).toUTCString();

/** A 429 whose `retry-after` is 5 seconds after the `date` of the same response, whatever the clocks of both sides show. */
const limitedUntilDate = onRequest('error 429', (request) => {
  const now = Date.now();
  return error(429, undefined, { date: inMs(now), 'retry-after': inMs(now + 5_000) }).steps(request);
});

const quota = errorBody(429, { type: 'insufficient_quota', code: 'insufficient_quota' });
const tooLong = errorBody(400, { param: 'messages', code: 'context_length_exceeded' });
const unknownField = errorBody(400, { param: 'top_k', code: 'unsupported_parameter' });
const moderated = errorBody(403, { code: 'content_policy_violation' });

/** No timeout ends a flowing stream, only the limit of its size. */
const LONG_WORDS = 'on and on '.repeat(50_000);

const CONNECTION_FAULTS = {
  resetOnConnect: fault('next', 'Resets every connection as it is accepted.', reset({ after: 'connect' })),
  staleKeepAlive: fault(
    'response',
    'Responds, and resets the kept connection when it is used again.',
    stale(chat('Fresh.')),
  ),
  resetBeforeHead: fault('next', 'Reads the request, then resets.', reset()),
  closeBeforeHead: fault('next', 'Reads the request, then closes cleanly.', close()),
  resetAfterHead: fault('next', 'Sends a head, then resets.', reset({ after: 'head' })),
  resetMidResponse: fault('cut', 'Resets after 3 events, or in the middle of a whole response.', reset({ after: 3 })),
  hangOnConnect: fault('next', 'Accepts the connection and reads nothing.', hang({ after: 'connect' })),
  hangBeforeHead: fault('next', 'Reads the request and sends nothing.', hang()),
  hangAfterHead: fault('next', 'Sends a head and nothing else.', hang({ after: 'head' })),
  hangMidResponse: fault(
    'cut',
    'Sends nothing more after 3 events, or in the middle of a whole response.',
    hang({ after: 3 }),
  ),
  commentDrip: fault('cut', 'Sends only comments after 2 events.', keepAliveOnly()),
  ignoresAbort: fault(
    'cut',
    'Streams without end, also when the client has disconnected.',
    ignoreAbort({ words: LONG_WORDS }),
  ),
  respondsEarly: fault('relay', 'Responds 413 to the head, reads no body, resets.', earlyResponse(413)),
} as const satisfies Record<string, Fault>;

const STATUS_FAULTS = {
  rateLimited: fault('next', '429 with retry-after: 5.', error(429, undefined, { 'retry-after': '5' })),
  rateLimitedInMs: fault('next', '429 with retry-after-ms: 1500.', error(429, undefined, { 'retry-after-ms': '1500' })),
  rateLimitedUntilDate: fault('next', '429 with retry-after as a date.', limitedUntilDate),
  rateLimitedForAges: fault(
    'next',
    '429 with retry-after: 1000000000.',
    error(429, undefined, { 'retry-after': '1000000000' }),
  ),
  rateLimitedInNonsense: fault(
    'next',
    '429 with an unreadable retry-after.',
    error(429, undefined, { 'retry-after': '-5 soon' }),
  ),
  quotaExhausted: fault('next', '429 insufficient_quota: waiting does not help.', error(429, quota)),
  serverError: fault('next', '500 with an OpenAI error.', error(500)),
  serverErrorPage: fault(
    'next',
    '500 with an HTML page.',
    error(500, '<h1>Sorry</h1>', { 'content-type': 'text/html' }),
  ),
  badGateway: fault('next', '502 with text.', error(502, 'bad gateway')),
  unavailable: fault('next', '503 with retry-after: 1.', error(503, undefined, { 'retry-after': '1' })),
  gatewayTimeout: fault('next', '504 without a body.', error(504, '')),
  overloaded: fault('next', '529, as Anthropic sends it.', error(529)),
  badRequest: fault('relay', '400: the request is at fault.', error(400)),
  contextTooLong: fault('relay', '400 context_length_exceeded.', error(400, tooLong)),
  unsupportedParameter: fault('relay', '400 unsupported_parameter.', error(400, unknownField)),
  tooLarge: fault('relay', '413: the request is too large.', error(413)),
  unprocessable: fault('relay', '422: the request cannot be processed.', error(422)),
  badKey: fault('next', "401: the operator's key is refused.", error(401)),
  paymentRequired: fault('next', "402: the operator's account has no credit.", error(402)),
  forbidden: fault('next', "403: the operator's key is not allowed to.", error(403)),
  moderated: fault('relay', '403 content_policy_violation.', error(403, moderated)),
  modelMissing: fault('next', '404 model_not_found.', error(404)),
  requestTimeout: fault('next', '408: the upstream timed out waiting for the request.', error(408)),
  conflict: fault('next', '409: try again.', error(409)),
  tooEarly: fault('next', '425: not yet.', error(425)),
  noContent: fault(
    'next',
    '204: success without a body.',
    json('', { status: 204, headers: { 'content-length': [] } }),
  ),
  oddSuccess: fault(
    'next',
    '202: an acknowledgement instead of a response.',
    json({ status: 'queued' }, { status: 202 }),
  ),
  redirect: fault(
    'next',
    '307 to another host.',
    error(307, '', { location: 'http://127.0.0.1:9/v1/chat/completions' }),
  ),
} as const satisfies Record<string, Fault>;

/**
 * The ways in which upstreams fail, by name: give `faults.resetMidResponse.script` to a `fakeUpstream()` to test your
 * set-up. `Object.entries(faults)` makes a table of tests.
 */
export const faults = { ...CONNECTION_FAULTS, ...STATUS_FAULTS, ...RESPONSE_FAULTS } as const;

/** A name of `faults`. */
export type FaultName = keyof typeof faults;
