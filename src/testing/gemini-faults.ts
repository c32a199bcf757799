import { json } from './responses.js';
import { eventStreamSteps, type EventStreamOptions } from './event-streams.js';
import { fault, type Fault } from './fault.js';
import { geminiError, geminiReply, geminiResponses, type GeminiReply } from './gemini-upstream.js';
import { brokenOff } from './native-replies.js';
import { onRequest, type Script } from './script.js';

const HALF = { text: 'Half of a sentence that goes on' };
const WHOLE = { text: 'Said in full.' };
/** Responses that have been sent before it breaks. */
const BEGUN = 2;

type Responses = readonly (object | string)[];

/** A stream of these responses; a whole response is cut in the middle of its JSON. */
function responses(
  reply: GeminiReply,
  change: (all: Responses) => Responses,
  options: EventStreamOptions = {},
): Script {
  const whole = geminiReply({ ...reply, fault: 'cut' });
  return onRequest('gemini responses', (request) => {
    if (!request.path.includes(':streamGenerateContent')) return whole.steps(request);
    return eventStreamSteps(change(geminiResponses(reply, request)), options, request);
  });
}

const begun = (all: Responses): Responses => all.slice(0, BEGUN);
const unavailable = { error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } };
const spent = [
  {
    '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
    violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier' }],
  },
];
const wait = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '3s' }];
const refusedKey = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }];

/** Ways in which Gemini fails, and what a gateway should make of each. */
export const geminiFaults = {
  overloaded: fault('next', '503 UNAVAILABLE.', geminiError(503)),
  rateLimited: fault('next', '429 with RetryInfo.', geminiError(429, 'Quota exceeded for requests per minute.', wait)),
  dailyQuota: fault('next', '429, and the quota of the day is spent.', geminiError(429, 'Quota exceeded.', spent)),
  badKey: fault('next', '400 with a refused key.', geminiError(400, 'API key not valid.', refusedKey)),
  forbidden: fault('next', '403 PERMISSION_DENIED.', geminiError(403)),
  unknownModel: fault('next', '404 NOT_FOUND.', geminiError(404)),
  serverError: fault('next', '500 INTERNAL.', geminiError(500)),
  errorList: fault('next', '503 with the error in a list.', json([unavailable], { status: 503 })),
  badRequest: fault('relay', '400 INVALID_ARGUMENT.', geminiError(400)),
  promptBlocked: fault('relay', 'A prompt that is blocked.', geminiReply({ blockReason: 'SAFETY' })),
  errorInSuccess: fault('next', '200 with an error object.', json(unavailable)),
  errorFirst: fault(
    'next',
    'An error as the first event.',
    responses(HALF, () => [unavailable]),
  ),
  errorMidStream: fault(
    'cut',
    'An error event after a few words.',
    responses(HALF, (all) => [...begun(all), unavailable]),
  ),
  ...brokenOff((options) => responses(HALF, begun, options)),
  resetBehindFinish: fault(
    'cut',
    'Resets behind its finish reason.',
    responses(WHOLE, (all) => all, { end: 'reset' }),
  ),
  noFinishReason: fault(
    'cut',
    'A stream without finish reason.',
    responses({ ...WHOLE, fault: 'noFinishReason' }, (all) => all),
  ),
  malformedCall: fault(
    'cut',
    'A malformed function call after a few words.',
    responses(HALF, (all) => [...begun(all), { candidates: [{ finishReason: 'MALFORMED_FUNCTION_CALL', index: 0 }] }]),
  ),
  brokenEvent: fault(
    'cut',
    'An event that is no JSON after a few words.',
    responses(HALF, (all) => [...begun(all), '{"candidates":[{']),
  ),
  noCandidates: fault('next', 'A response without candidates.', json({ usageMetadata: { promptTokenCount: 1 } })),
  emptyStream: fault(
    'next',
    'An event stream without events.',
    responses(HALF, () => []),
  ),
  openAiResponse: fault(
    'next',
    '200 with a completion of another API.',
    json({ object: 'chat.completion', choices: [] }),
  ),
  wholeForStream: fault(
    'response',
    'A whole response where a stream was requested.',
    json({
      candidates: [{ content: { role: 'model', parts: [{ text: WHOLE.text }] }, finishReason: 'STOP', index: 0 }],
      usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 3, totalTokenCount: 4 },
    }),
  ),
  listForStream: fault(
    'response',
    'A JSON list of responses, as without alt=sse.',
    json([
      { candidates: [{ content: { role: 'model', parts: [{ text: 'Said ' }] }, index: 0 }] },
      { candidates: [{ content: { role: 'model', parts: [{ text: 'in full.' }] }, finishReason: 'STOP', index: 0 }] },
    ]),
  ),
  streamForWhole: fault(
    'response',
    'A stream where a whole response was requested.',
    onRequest('gemini stream', (request) => eventStreamSteps(geminiResponses(WHOLE, request), {}, request)),
  ),
  finishInEachResponse: fault(
    'response',
    'A finish reason in each response, as old models send it.',
    onRequest('gemini finishes', (request) => {
      if (!request.path.includes(':streamGenerateContent')) return geminiReply(WHOLE).steps(request);
      const texts = ['Said ', 'in ', 'full.'];
      const all = texts.map((text) => ({
        candidates: [{ content: { role: 'model', parts: [{ text }] }, finishReason: 'STOP', index: 0 }],
      }));
      return eventStreamSteps(all, {}, request);
    }),
  ),
} as const satisfies Record<string, Fault>;
