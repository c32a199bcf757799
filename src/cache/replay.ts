import { randomUUID } from 'node:crypto';
import { splitCompletion } from '../chat/split.js';
import { isRecord } from '../util/json-object.js';
import type { ChatCompletion, ChatRequest, Usage } from '../chat/types.js';
import type { ResponseOutcome, RequestContext } from '../request/context.js';
import type { ResponseBody, SinkHead } from '../contracts/sink.js';
import { asLatin1, SMALL } from '../http/write-body.js';
import { writeAll } from '../util/backpressure.js';
import { parseJson } from '../util/parse-json.js';
import type { CachedResponse } from './entry.js';

/** The form of a response: a stream, with or without usage, or whole. */
export interface RequestedForm {
  readonly stream: boolean;
  /** The usage chunk at the end of a stream. */
  readonly includeUsage: boolean;
}

export interface ReplayOptions {
  readonly form: RequestedForm;
  readonly ageMs: number;
  /** Unix time in milliseconds. */
  readonly wallNow: number;
  /** Monotonic milliseconds. */
  readonly now: number;
  readonly usageOnHit: 'original' | 'zero';
}

const NO_USAGE = '{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}';

/** The form that `request` requires. */
export function formOf(request: ChatRequest): RequestedForm {
  return { stream: request.stream === true, includeUsage: request.stream_options?.include_usage === true };
}

/**
 * Sends a stored response to the client of `context`, in the form that the request requires.
 * `undefined`: the entry is not readable, and nothing was written.
 */
export function replay(
  context: RequestContext,
  response: CachedResponse,
  options: ReplayOptions,
): 'responded' | Promise<'responded'> | undefined {
  const storedUsage = response.usage;
  const usage = storedUsage === undefined || options.usageOnHit === 'original' ? storedUsage : NO_USAGE;
  const payloads = options.form.stream ? streamPayloads(response, usage, options) : undefined;
  if (options.form.stream && payloads === undefined) return undefined;

  const { sink, client } = context;
  const head: SinkHead = { status: 200, headers: { age: String(Math.floor(options.ageMs / 1_000)) } };
  const end = (complete: boolean): 'responded' => {
    context.outcome = new ReplayOutcome(complete, response.finishReason, usage, options.now - context.startedAt);
    return 'responded';
  };
  context.cacheStatus = 'HIT';
  context.served = response.served;
  if (payloads !== undefined) {
    sink.open(head);
    return writeAll(sink, payloads, client).then(end);
  }
  sink.json(head, wholeBody(response, usage, options));
  return end(true);
}

/** The outcome of a replay. Its usage is parsed on first use only: most replays do not need it. */
class ReplayOutcome implements ResponseOutcome {
  readonly costUsd = 0;
  readonly complete: boolean;
  readonly finishReason: string | undefined;
  readonly firstTokenMs: number;
  readonly #usageText: string | undefined;
  #usage: Usage | undefined;

  constructor(complete: boolean, finishReason: string | undefined, usage: string | undefined, firstTokenMs: number) {
    this.complete = complete;
    this.finishReason = finishReason;
    this.#usageText = usage;
    this.firstTokenMs = firstTokenMs;
  }

  /** A new object for each request: a hook that changes it must not affect others. */
  get usage(): Usage | undefined {
    return (this.#usage ??= usageIn(this.#usageText));
  }
}

function usageIn(text: string | undefined): Usage | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Usage);
}

/** The body of a whole response: the stored members, unparsed, between new ones, which are ASCII. */
function wholeBody({ members }: CachedResponse, usage: string | undefined, { wallNow }: ReplayOptions): ResponseBody {
  const head = `{"id":"${freshId()}","object":"chat.completion","created":${seconds(wallNow)},`;
  const tail = usage === undefined ? '}' : `,"usage":${usage}}`;
  if (members.byteLength <= SMALL) return head + asLatin1(members) + tail;
  return Buffer.concat([Buffer.from(head), members, Buffer.from(tail)]);
}

function streamPayloads(
  response: CachedResponse,
  usage: string | undefined,
  { form, wallNow }: ReplayOptions,
): string[] | undefined {
  const members = parseJson(`{${Buffer.from(response.members).toString()}}`);
  if (!isRecord(members) || !Array.isArray(members['choices'])) return undefined;
  const completion: ChatCompletion = {
    ...members,
    choices: members['choices'].filter(isRecord),
    id: freshId(),
    created: seconds(wallNow),
    usage: usageIn(usage) ?? null,
  };
  return splitCompletion(completion, form).map((chunk) => JSON.stringify(chunk));
}

function freshId(): string {
  return `chatcmpl-${randomUUID()}`;
}

function seconds(wallNow: number): number {
  return Math.floor(wallNow / 1_000);
}
