import { error, errorBody, json, raw } from './responses.js';
import { asksForStream, chat, completion, stream } from './chat-responses.js';
import { completionBody } from './chat-bodies.js';
import { sse } from './event-streams.js';
import { fault, type Fault } from './fault.js';
import { NOTHING_RECEIVED } from './request-log.js';
import { onRequest, type Script } from './script.js';

/** One script for whole responses, one for streams. */
function either(name: string, whole: Script, streamed: Script): Script {
  return onRequest(name, (request) => (asksForStream(request) ? streamed : whole).steps(request));
}

const BODY = JSON.stringify(completionBody('A whole response.', { model: 'fake-model' }, NOTHING_RECEIVED));
const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
const role = { choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] };
const said = { choices: [{ index: 0, delta: { content: 'Half' }, finish_reason: null }] };
const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
const event = (name: string, data: unknown): Buffer => Buffer.from(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);

const chunks = (body: string): Script => raw(`${HEAD}transfer-encoding: chunked\r\n\r\n${body}`);

/** @internal Faults in the content of a response. */
export const RESPONSE_FAULTS = {
  overloadedInStream: fault(
    'next',
    '200, then an error as the first event.',
    either('overloaded in stream', error(529), sse([event('error', overloaded)])),
  ),
  errorMidStream: fault(
    'cut',
    'An error event after two chunks.',
    either('error mid stream', json(errorBody(500)), sse([role, said, errorBody(500) as object])),
  ),
  errorInSuccess: fault('next', '200 with an error object.', json(errorBody(500))),
  brokenJson: fault('next', 'A body that is not JSON.', either('broken json', json(`${BODY}}`), sse(['{"choices":[']))),
  cutJson: fault('next', 'Half of the JSON, correctly framed.', json(BODY.slice(0, BODY.length / 2))),
  brokenEvent: fault(
    'cut',
    'An event that is not JSON after two chunks.',
    either('broken event', json(`${BODY}}`), sse([role, said, '{"choices":[{', '[DONE]'])),
  ),
  cutChunk: fault('next', 'A chunked body that ends within a chunk.', chunks(`ffff\r\n${BODY.slice(0, 40)}`)),
  badChunkSize: fault('next', 'A chunk size that is not a number.', chunks(`xyz\r\n${BODY}\r\n0\r\n\r\n`)),
  shortBody: fault('next', 'Fewer bytes than content-length.', raw(`${HEAD}content-length: 9999\r\n\r\n${BODY}`)),
  noDone: fault(
    'response',
    'A stream that ends after its finish reason, without [DONE].',
    chat('Whole.', { done: false }),
  ),
  noFinish: fault(
    'cut',
    'A stream that ends without a finish reason and without [DONE].',
    stream('This may not be all', { finishReason: null, done: false, framing: 'close' }),
  ),
  doneWithoutFinish: fault(
    'response',
    'A stream with [DONE] and no finish reason.',
    stream('All?', { finishReason: null }),
  ),
  htmlPage: fault(
    'next',
    '200 with a web page.',
    json('<!doctype html><title>Welcome</title>', { headers: { 'content-type': 'text/html' } }),
  ),
  jsonForStream: fault('response', 'A whole response where a stream was requested.', completion('Whole.')),
  streamForJson: fault('response', 'A stream where a whole response was requested.', stream('Streamed.')),
  emptyBody: fault('next', '200 without a body.', json('')),
  emptyChoices: fault(
    'next',
    'A response without choices.',
    either('empty choices', json({ ...(JSON.parse(BODY) as object), choices: [] }), sse([{ choices: [] }, '[DONE]'])),
  ),
  onlyUsage: fault(
    'next',
    'Usage only, without content.',
    either(
      'only usage',
      json({ object: 'chat.completion', choices: [], usage: { total_tokens: 1 } }),
      sse([{ choices: [], usage: { total_tokens: 1 } }, '[DONE]']),
    ),
  ),
  emptyStream: fault('next', 'An event stream without events.', sse([])),
  onlyDone: fault('next', 'An event stream with [DONE] only.', sse(['[DONE]'])),
  compressed: fault(
    'next',
    'A body that is announced as gzip, and is not.',
    json(BODY, { headers: { 'content-encoding': 'gzip' } }),
  ),
  switchingProtocols: fault(
    'next',
    '101: the connection no longer speaks HTTP.',
    raw('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n', { end: 'hang' }),
  ),
  junkAfterResponse: fault(
    'response',
    'Further bytes after the response.',
    raw(`${HEAD}content-length: ${BODY.length}\r\n\r\n${BODY}HTTP/1.1 200 OK\r\n`, { end: 'keep' }),
  ),
  endlessLine: fault('next', 'An event that never ends.', endlessLine()),
} as const satisfies Record<string, Fault>;

/** A line without end, in pieces of 64 KiB, as fast as they are read. */
function endlessLine(): Script {
  const piece = Buffer.alloc(65_536, 'a');
  return onRequest('endless line', (request) => {
    const events = (function* () {
      yield Buffer.from('data: {"choices":[{"index":0,"delta":{"content":"');
      for (;;) yield piece;
    })();
    return sse(events, { end: 'hang' }).steps(request);
  });
}
