import { parseExact } from '../../json/exact-numbers.js';
import { arrayIndex, isRecord, type JsonObject } from '../../util/json-object.js';
import type { ChatChunk, ChunkChoice } from '../../chat/types.js';
import type { ChunkDecoder, UpstreamEvent } from '../../contracts/wire-format.js';
import { Candidate, type CandidateSettings } from './candidate.js';
import { decodeError } from './errors.js';
import { blockedPrompt, malformedResponse, type ChunkError } from './failed-response.js';
import { finishOf } from './finish.js';
import { textOf } from './json.js';
import { latestUsage, usageOf } from './usage.js';
import { parseJson } from '../../util/parse-json.js';

export interface ReaderSettings extends CandidateSettings {
  readonly requestId: string;
  /** Unix seconds. */
  readonly now: number;
  /** Used where the response names no model. */
  readonly model: string;
}

/** Why a body is no complete response. */
export type Lack = 'truncated' | 'empty';

/**
 * Reads the responses of one body: the events of a stream, or a whole response as the only one. Gemini has no last
 * event, and `STOP` may appear in every response, so finish reasons are held until the body ends.
 */
export class ResponseReader implements ChunkDecoder {
  readonly #settings: ReaderSettings;
  readonly #candidates = new Map<number, Candidate>();
  #head: ChatChunk | undefined;
  #idPrefix = '';
  #usage: JsonObject = {};
  #ended = false;
  /** The error that ended the body. */
  failure: ChunkError | undefined;

  constructor(settings: ReaderSettings) {
    this.#settings = settings;
  }

  event({ data, failed }: UpstreamEvent): readonly ChatChunk[] {
    const text = data.trim();
    if (this.#ended || text === '') return [];
    // Not sent by Google, but a proxy in between may add it.
    if (text === '[DONE]') return this.end();
    // Arguments of a call become text, which must keep their digits.
    const parsed = text.includes('"functionCall"') ? parseJson(text, parseExact) : parseJson(text);
    if (failed === true && isRecord(parsed))
      return this.#fail(reported('error' in parsed ? parsed : { error: parsed }));
    return this.read(parsed);
  }

  /** One response, or a list of them: what a stream is without `alt=sse`. */
  read(body: unknown): readonly ChatChunk[] {
    const chunks: ChatChunk[] = [];
    for (const response of Array.isArray(body) ? body : [body]) {
      if (this.#ended) break;
      chunks.push(...this.#response(response));
    }
    return chunks;
  }

  /** Nothing where the body is incomplete: a stream without finish reasons then counts as truncated. */
  end(): readonly ChatChunk[] {
    const chunks = this.finish();
    return typeof chunks === 'string' ? [] : chunks;
  }

  /** Each candidate has a finish reason that is reliable, and usage was reported. Google closes the body at once then. */
  get settled(): boolean {
    if (this.#ended || this.#candidates.size === 0 || Object.keys(this.#usage).length === 0) return false;
    return [...this.#candidates.values()].every((candidate) => candidate.isSettled);
  }

  /** The held finish reasons and the usage; or what is missing. @param assumed - for candidates without a reason. */
  finish(assumed?: string): readonly ChatChunk[] | Lack {
    if (this.#ended) return [];
    this.#ended = true;
    if (this.#candidates.size === 0) return 'empty';
    const choices: ChunkChoice[] = [];
    for (const candidate of this.#candidates.values()) {
      candidate.finishWord ??= assumed;
      const last = candidate.finish();
      if (typeof last === 'string') return last;
      choices.push(last);
    }
    const chunks = choices.sort((one, other) => one.index! - other.index!).map((choice) => this.#chunk(choice));
    const usage = usageOf(this.#usage);
    return usage === undefined ? chunks : [...chunks, { ...this.#head, choices: [], usage }];
  }

  #response(response: unknown): readonly ChatChunk[] {
    if (!isRecord(response)) return this.#fail(malformedResponse('malformed_event', 'The response is no JSON object.'));
    const { error, candidates } = response;
    if (error !== undefined && error !== null) return this.#fail(reported(response));
    this.#head ??= this.#headOf(response);
    this.#usage = latestUsage(this.#usage, response['usageMetadata']);
    if (Array.isArray(candidates) && candidates.length > 0) return this.#readCandidates(candidates);
    const feedback = isRecord(response['promptFeedback']) ? response['promptFeedback'] : {};
    const reason = textOf(feedback['blockReason']);
    if (reason === undefined || reason === 'BLOCK_REASON_UNSPECIFIED') return [];
    return this.#fail(blockedPrompt(reason, feedback['blockReasonMessage']));
  }

  #readCandidates(candidates: readonly unknown[]): readonly ChatChunk[] {
    const chunks: ChatChunk[] = [];
    for (const [position, piece] of candidates.entries()) {
      if (!isRecord(piece)) continue;
      const index = arrayIndex(piece['index'] ?? position);
      const choices = index === undefined ? undefined : this.#readCandidate(index, piece);
      if (choices === undefined)
        return [...chunks, ...this.#fail(malformedResponse('malformed_candidate', 'A candidate cannot be read.'))];
      for (const choice of choices) chunks.push(this.#chunk(choice));
      const word = this.#candidates.get(index!)?.finishWord;
      if (word !== undefined && finishOf(word) === 'malformed')
        return [
          ...chunks,
          ...this.#fail(malformedResponse(word.toLowerCase(), 'The model made a malformed tool call.')),
        ];
    }
    return chunks;
  }

  #readCandidate(index: number, piece: JsonObject): ChunkChoice[] | undefined {
    const known = this.#candidates.get(index);
    const candidate = known ?? new Candidate(index, this.#idPrefix, this.#settings);
    this.#candidates.set(index, candidate);
    const choices = candidate.read(piece);
    return known !== undefined || choices === undefined ? choices : [candidate.opening(), ...choices];
  }

  #headOf(response: JsonObject): ChatChunk {
    const { requestId, now, model } = this.#settings;
    const id = textOf(response['responseId']);
    this.#idPrefix = `call_${id ?? requestId}`;
    return {
      id: id ?? `chatcmpl-${requestId}`,
      object: 'chat.completion.chunk',
      created: secondsOf(response['createTime']) ?? now,
      model: textOf(response['modelVersion']) ?? model,
      system_fingerprint: null,
    };
  }

  #chunk(choice: ChunkChoice): ChatChunk {
    return { ...this.#head, choices: [choice] };
  }

  #fail(error: ChunkError): readonly ChatChunk[] {
    this.#ended = true;
    this.failure = error;
    return [{ error }];
  }
}

/** An error object that came with a good status. */
function reported(body: JsonObject): ChunkError {
  const decoded = decodeError(body) ?? malformedResponse('upstream_error', 'The upstream reported an error.');
  return { ...decoded, status: decoded.status ?? 502 };
}

function secondsOf(time: unknown): number | undefined {
  const milliseconds = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return Number.isNaN(milliseconds) ? undefined : Math.floor(milliseconds / 1_000);
}
