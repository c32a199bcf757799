import { sizedHead } from './responses.js';
import { asksForStream, stream, type StreamOptions } from './chat-responses.js';
import { completionBody } from './chat-bodies.js';
import { streamHead } from './event-streams.js';
import type { ReceivedRequest } from './request-log.js';
import { onRequest, send, wait, type Script, type Step } from './script.js';
import { renderChunk } from './wire.js';

/**
 * When a response is interrupted: `connect`: the connection was accepted, no request was read; `request`: the request was
 * read; `head`: the response head was sent; a number: that many events of a stream were sent, or half of a whole response.
 */
export type Moment = 'connect' | 'request' | 'head' | number;

/** When a response is interrupted. */
export interface InterruptionOptions {
  /** How far the response gets before it is interrupted. @defaultValue `'request'` */
  readonly after?: Moment | undefined;
  /** The text of the response that is interrupted. */
  readonly text?: string | undefined;
}

/**
 * Interrupts the response by sending nothing more. The connection stays open.
 *
 * @example
 * upstream.enqueue(hang({ after: 'head' }));
 */
export function hang(options: InterruptionOptions = {}): Script {
  return mishap('hang', { do: 'hang' }, options);
}

/**
 * Interrupts the response by a TCP reset.
 *
 * @example
 * upstream.enqueue(reset({ after: 3 }));
 */
export function reset(options: InterruptionOptions = {}): Script {
  return mishap('reset', { do: 'reset' }, options);
}

/**
 * Interrupts the response by closing the connection cleanly.
 *
 * @example
 * upstream.enqueue(close({ after: 'request' }));
 */
export function close(options: InterruptionOptions = {}): Script {
  return mishap('close', { do: 'fin', cut: true }, options);
}

function mishap(name: string, step: Step, { after = 'request', text = LONG_RESPONSE }: InterruptionOptions): Script {
  return {
    name: `${name} after ${typeof after === 'number' ? `${after} events` : after}`,
    starts: after === 'connect' ? 'connect' : 'request',
    *steps(request) {
      if (after === 'head' || typeof after === 'number') {
        yield* (asksForStream(request) ? streamUntil : wholeUntil)(after, text, request);
      }
      yield step;
    },
  };
}

function* streamUntil(after: 'head' | number, text: string, request: ReceivedRequest): Iterable<Step> {
  if (after === 'head') yield send(streamHead({}, true, request));
  // Without its last step: the interruption ends this stream.
  else yield* [...stream(text, { afterEvents: after, end: 'hang' }).steps(request)].slice(0, -1);
}

function* wholeUntil(after: 'head' | number, text: string, request: ReceivedRequest): Iterable<Step> {
  const body = JSON.stringify(completionBody(text, {}, request));
  yield send(sizedHead(body, {}, request));
  if (after !== 'head') yield send(body.slice(0, body.length / 2));
}

const LONG_RESPONSE =
  'One short response of a fair number of words, so that a connection can break at any of them and leave a part unsent.';

/** When a stream pauses, and for how long. */
export interface StallOptions extends StreamOptions {
  /** Events before the pause. @defaultValue `2` */
  readonly after?: number | undefined;
  /** Length of the pause, in milliseconds. */
  readonly ms: number;
}

/**
 * A stream that pauses after some events and then goes on.
 *
 * @example
 * upstream.enqueue(stall('Hello.', { after: 2, ms: 500 }));
 */
export function stall(text: string, { after = 2, ms, ...options }: StallOptions): Script {
  return onRequest(`stall ${ms} ms`, function* (request) {
    let sent = 0;
    for (const step of stream(text, options).steps(request)) {
      // One step is the head.
      if (step.do === 'send' && sent++ === after + 1) yield wait(ms);
      yield step;
    }
  });
}

/** When comments begin, and how often they are sent. */
export interface DripOptions {
  /** Events before the comments. @defaultValue `2` */
  readonly after?: number | undefined;
  /** Milliseconds between two comments. @defaultValue `20` */
  readonly everyMs?: number | undefined;
}

/**
 * A stream that, after some events, sends only comments, without end.
 *
 * @example
 * upstream.enqueue(keepAliveOnly());
 */
export function keepAliveOnly({ after = 2, everyMs = 20 }: DripOptions = {}): Script {
  return onRequest('drip', function* (request) {
    yield* streamUntil(after, LONG_RESPONSE, request);
    for (;;) {
      yield wait(everyMs);
      yield send(renderChunk(Buffer.from(': still here\n\n')));
    }
  });
}

/**
 * Reads the head of a request and no byte of its body, so that the upload stalls.
 *
 * @example
 * upstream.enqueue(stopReading());
 */
export function stopReading(): Script {
  return { name: 'stopReading', starts: 'head', steps: () => [{ do: 'stopReading' }, { do: 'hang' }] };
}

/**
 * Responds with `status` to the head, without reading the body, then resets the connection.
 *
 * @example
 * upstream.enqueue(earlyResponse(413));
 */
export function earlyResponse(status = 413, { resetAfterMs = 20 } = {}): Script {
  return {
    name: `early ${status}`,
    starts: 'head',
    steps: () => [
      { do: 'stopReading' },
      send(`HTTP/1.1 ${status} Early\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`),
      wait(resetAfterMs),
      { do: 'reset' },
    ],
  };
}

/**
 * A stream without end that goes on when the client has disconnected, until the kernel refuses to send.
 * @param options - `words` of each event, and the milliseconds between two
 *
 * @example
 * upstream.enqueue(ignoreAbort());
 */
export function ignoreAbort({ everyMs = 5, words = 'on ' } = {}): Script {
  return {
    name: 'ignoreAbort',
    starts: 'request',
    ignoresAbort: true,
    *steps(request) {
      yield* streamUntil(1, LONG_RESPONSE, request);
      const event = Buffer.from(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: words } }] })}\n\n`);
      for (;;) {
        yield send(renderChunk(event));
        yield wait(everyMs);
      }
    },
  };
}

/**
 * Runs `script`, and resets the connection when it is used again: a stale connection of a pool.
 *
 * @example
 * upstream.enqueue(stale(chat('Hello.')));
 */
export function stale(script: Script): Script {
  return {
    ...script,
    name: `stale ${script.name}`,
    *steps(request) {
      yield* script.steps(request);
      yield { do: 'resetOnReuse' };
    },
  };
}
