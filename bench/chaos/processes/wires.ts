// The APIs of upstreams: how each reads a request, responds, and breaks.
import type { EventStreamOptions, ReceivedRequest, Script, Step } from 'nordlys-proxy/testing';
import { testKit } from '../lib/package.ts';
import { between } from '../lib/random.ts';
import type { WireName } from '../lib/set-up.ts';

const {
  anthropicError,
  anthropicEvents,
  anthropicFaults,
  anthropicReply,
  geminiError,
  geminiFaults,
  geminiReply,
  geminiResponses,
} = testKit;
const { awsErrorFrame, awsEventStream, awsFaults, awsFrame, chat, converseError, converseFrames, converseReply } =
  testKit;
const { cutFrame, sse, withBadCrc } = testKit;

/** A script that breaks within the response `text`. */
export type MakeFault = (text: string, random: () => number) => Script;

export interface Wire {
  isStream(request: ReceivedRequest): boolean;
  questionOf(body: unknown): string;
  /** Whole, or streamed if requested. */
  reply(text: string, options: EventStreamOptions): Script;
  /** Events of a streamed response before its end. */
  openEvents(text: string): number;
  /** Failures without a response text, except those that cause a long cooldown. */
  readonly silent: readonly Script[];
  /** Faults of streams that only this API has. */
  readonly streamed: readonly MakeFault[];
}

/** The wait of a limited endpoint: no longer than the shortest cooldown. */
const SHORT_WAIT = { 'retry-after-ms': '500' };

const OPENAI: Wire = {
  isStream: ({ json }) => (json as { stream?: boolean } | undefined)?.stream === true,
  questionOf: (body) => (body as ChatBody).messages[0]?.content ?? '',
  reply: chat,
  openEvents: (text) => wordsIn(text) - 1,
  silent: [],
  streamed: [],
};

const ANTHROPIC: Wire = {
  isStream: OPENAI.isStream,
  questionOf: (body) => (body as BlocksBody).messages[0]?.content[0]?.text ?? '',
  reply: (text, options) => anthropicReply({ text }, options),
  // `message_start`, `ping`, the start of the block, then the text.
  openEvents: (text) => 3 + piecesIn(text),
  silent: [
    anthropicError(429, 'rate_limit_error', undefined, { headers: SHORT_WAIT }),
    ...scriptsOf(anthropicFaults, [
      ...(['overloaded', 'serverError', 'errorInSuccess', 'errorFirst', 'errorAfterStart', 'onlyPings'] as const),
      ...(['startOnly', 'emptyStream', 'notAMessage', 'openAiResponse'] as const),
    ]),
  ],
  streamed: [
    (text) => named('an error event', anthropicReply({ text, fault: 'overloaded' })),
    (text) => named('no message_stop', anthropicReply({ text, fault: 'noMessageStop' })),
    (text) =>
      named(
        'no message_delta',
        anthropicStream(text, (events) => [...events.slice(0, -2), events.at(-1)!]),
      ),
    (text, random) =>
      named(
        'a broken event',
        anthropicStream(text, (events) => [...someOf(events, random), '{"type":"content_block']),
      ),
  ],
};

const GEMINI: Wire = {
  isStream: ({ path }) => path.includes(':streamGenerateContent'),
  questionOf: (body) => (body as ContentsBody).contents[0]?.parts[0]?.text ?? '',
  reply: (text, options) => geminiReply({ text }, options),
  openEvents: OPENAI.openEvents,
  silent: [
    geminiError(429, undefined, [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '0.5s' }]),
    ...scriptsOf(geminiFaults, [
      ...(['overloaded', 'serverError', 'errorList', 'errorInSuccess', 'errorFirst', 'noCandidates'] as const),
      ...(['emptyStream', 'openAiResponse'] as const),
    ]),
  ],
  streamed: [
    (text) => named('an error event', geminiReply({ text, fault: 'overloaded' })),
    (text) => named('no finishReason', geminiReply({ text, fault: 'noFinishReason' })),
    (text) => named('a reset behind finishReason', geminiReply({ text }, { end: 'reset' })),
    (text, random) =>
      named(
        'a malformed call',
        geminiStream(text, (events) => [...someOf(events, random), MALFORMED_CALL]),
      ),
    (text, random) =>
      named(
        'a broken event',
        geminiStream(text, (events) => [...someOf(events, random), '{"candid']),
      ),
  ],
};

const MALFORMED_CALL = { candidates: [{ finishReason: 'MALFORMED_FUNCTION_CALL', index: 0 }] };

const BEDROCK: Wire = {
  isStream: ({ path }) => path.endsWith('/converse-stream'),
  questionOf: ANTHROPIC.questionOf,
  reply: (text, options) => converseReply({ text }, options),
  openEvents: (text) => 1 + piecesIn(text),
  silent: [
    converseError(429, 'ThrottlingException', undefined, { headers: SHORT_WAIT }),
    converseError(503, 'ServiceUnavailableException'),
    converseError(500, 'InternalServerException'),
    converseError(424, 'ModelErrorException'),
    awsFaults.exceptionFirst.script,
  ],
  streamed: [
    (text) => named('no messageStop', converseReply({ text, fault: 'noMessageStop' })),
    (text) => named('metadata without messageStop', awsEventStream(converseFrames(text, { stopReason: null }))),
    (text) => named('a failed stop', awsEventStream(converseFrames(text, { stopReason: 'malformed_model_output' }))),
    brokenFrames('an exception', () => awsFrame({ event: 'throttlingException', exception: true })),
    brokenFrames('an error frame', () => awsErrorFrame('InternalFailure', 'Something broke.')),
    brokenFrames('a cut frame', (next, random) => cutFrame(next, between(1, next.length - 1, random))),
    brokenFrames('a bad checksum', (next) => withBadCrc(next)),
    brokenFrames('a bad prelude', (next) => withBadCrc(next, 'prelude')),
    brokenFrames('an endless frame', () => Buffer.from('7fffffff00000000acc47a25', 'hex')),
  ],
};

export const WIRES: Readonly<Record<WireName, Wire>> = {
  openai: OPENAI,
  anthropic: ANTHROPIC,
  gemini: GEMINI,
  bedrock: BEDROCK,
};

/** A whole response of which half arrives before the connection is reset. */
export function resetMidBody(script: Script): Script {
  return {
    ...script,
    name: 'reset within the body',
    *steps(request): Iterable<Step> {
      for (const step of script.steps(request)) {
        if (step.do !== 'send') continue;
        const bodyAt = Buffer.from(step.bytes).indexOf('\r\n\r\n') + 4;
        yield { do: 'send', bytes: step.bytes.subarray(0, Math.ceil((bodyAt + step.bytes.length) / 2)) };
        yield { do: 'reset' };
      }
    },
  };
}

export function named(name: string, script: Script): Script {
  return { ...script, name };
}

interface ChatBody {
  readonly messages: readonly { readonly content: string }[];
}

interface BlocksBody {
  readonly messages: readonly { readonly content: readonly { readonly text: string }[] }[];
}

interface ContentsBody {
  readonly contents: readonly { readonly parts: readonly { readonly text: string }[] }[];
}

function scriptsOf<Name extends string>(
  table: Readonly<Record<Name, { readonly script: Script }>>,
  names: readonly Name[],
): Script[] {
  return names.map((name) => named(name, table[name].script));
}

type Events = readonly (object | string)[];

function anthropicStream(text: string, change: (events: Events) => Events): Script {
  return eventsOf((request) => change(anthropicEvents({ text }, request)));
}

function geminiStream(text: string, change: (events: Events) => Events): Script {
  return eventsOf((request) => change(geminiResponses({ text }, request)));
}

function eventsOf(events: (request: ReceivedRequest) => Events): Script {
  return { name: 'events', starts: 'request', steps: (request) => sse(events(request)).steps(request) };
}

/** Frames up to any word, and then an invalid one. */
function brokenFrames(name: string, broken: (next: Uint8Array, random: () => number) => Uint8Array): MakeFault {
  return (text, random) => {
    const frames = converseFrames(text).map(awsFrame);
    const begun = frames.slice(0, between(1, wordsIn(text), random));
    return named(name, awsEventStream([...begun, broken(frames[begun.length]!, random)]));
  };
}

/** At least one of them, and never the last two. */
function someOf(events: Events, random: () => number): Events {
  return events.slice(0, between(1, Math.max(1, events.length - 2), random));
}

function wordsIn(text: string): number {
  return text.split(' ').length;
}

/** Native streams send a text in pieces of eight characters. */
function piecesIn(text: string): number {
  return Math.ceil(text.length / 8);
}
