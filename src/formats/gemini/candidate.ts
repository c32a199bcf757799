import { isRecord, type JsonObject } from '../../util/json-object.js';
import { ChoiceProgress } from '../../chat/stream-progress.js';
import type { ChunkDelta, ChoiceLogprobs, ChunkChoice } from '../../chat/types.js';
import { finishOf } from './finish.js';
import { Grounding } from './grounding.js';
import { textOf } from './json.js';
import { logprobsOf } from './logprobs.js';
import { PartialCall } from './partial-args.js';
import { SIGNATURE_FORMAT, signedId } from './signatures.js';
import type { ToolNames } from '../shared/tool-names.js';

/** How the candidates of one response are read. */
export interface CandidateSettings {
  readonly names: ToolNames;
  readonly customTools: ReadonlySet<string>;
  /** The request used `functions`: a call is sent as `function_call`. */
  readonly legacy: boolean;
  readonly reasoningFields: readonly string[];
  readonly excludeReasoning: boolean;
  readonly signaturesInIds: boolean;
  /** Search was requested: annotations may follow. */
  readonly grounded: boolean;
}

/** No model makes more calls, and clients address arrays by their index. */
const MAX_CALLS = 128;

/**
 * One candidate of a response, whole or in pieces: its parts become deltas, its end is held until the body ends.
 *
 * Eleven private fields: most of them are counters and ids that parts of different kinds share.
 */
export class Candidate {
  readonly index: number;
  /** Google's word for why it ended. */
  finishWord: string | undefined;
  readonly #settings: CandidateSettings;
  /** Begins the ids of calls to which Gemini gave none: `call_{response}`. */
  readonly #idPrefix: string;
  readonly #grounding: Grounding | undefined;
  readonly #ids = new Set<string>();
  #calls = 0;
  #images = 0;
  #details = 0;
  #hasContent = false;
  #finishMessage: string | undefined;
  #partial: PartialCall | undefined;
  readonly #progress = new ChoiceProgress();

  constructor(index: number, idPrefix: string, settings: CandidateSettings) {
    this.index = index;
    this.#idPrefix = idPrefix;
    this.#settings = settings;
    this.#grounding = settings.grounded ? new Grounding() : undefined;
  }

  /** A piece of the candidate as deltas; `undefined` where it cannot be understood. */
  read(piece: JsonObject): ChunkChoice[] | undefined {
    const parts = isRecord(piece['content']) ? piece['content']['parts'] : undefined;
    const choices: ChunkChoice[] = [];
    this.#grounding?.next();
    this.#grounding?.metadata(piece['groundingMetadata']);
    for (const [position, part] of (Array.isArray(parts) ? parts : []).entries()) {
      const deltas = isRecord(part) ? this.#part(part, position) : [];
      if (deltas === undefined) return undefined;
      for (const delta of deltas) choices.push(this.#choice(delta));
    }
    const word = textOf(piece['finishReason']);
    if (word === undefined) this.#progress.continue(choices.length > 0);
    else this.#progress.finish(choices.length > 0);
    this.finishWord = word ?? this.finishWord;
    this.#finishMessage = textOf(piece['finishMessage']) ?? this.#finishMessage;
    const logprobs = logprobsOf(piece['logprobsResult']);
    if (logprobs !== null) addLogprobs(choices, logprobs, () => this.#choice({}));
    return choices;
  }

  /** It has a finish reason, and not one that is in every response. */
  get isSettled(): boolean {
    return this.#progress.state === 'finished' && !this.#progress.uncertain && this.#partial === undefined;
  }

  opening(): ChunkChoice {
    return this.#choice({ role: 'assistant', content: '' });
  }

  /** The chunk with the finish reason; or the failure. */
  finish(): ChunkChoice | 'truncated' | 'empty' {
    const word = this.finishWord;
    if (word === undefined || this.#partial !== undefined) return 'truncated';
    const finish = finishOf(word);
    if (finish === undefined && !this.#hasContent) return 'empty';
    const annotations = this.#grounding?.annotations() ?? [];
    const refusal = finish === 'content_filter' ? this.#finishMessage : undefined;
    const delta: ChunkDelta = {
      ...(annotations.length > 0 && { annotations }),
      ...(refusal !== undefined && { refusal }),
    };
    return { ...this.#choice(delta), finish_reason: this.#reason(finish), native_finish_reason: word.slice(0, 64) };
  }

  /** Gemini sends `STOP` after tool calls as well. */
  #reason(finish: ReturnType<typeof finishOf>): string {
    if (finish !== undefined && finish !== 'stop') return finish;
    if (this.#calls === 0) return 'stop';
    return this.#settings.legacy ? 'function_call' : 'tool_calls';
  }

  #choice(delta: ChunkDelta): ChunkChoice {
    return { index: this.index, delta, logprobs: null, finish_reason: null };
  }

  #part(part: JsonObject, position: number): ChunkDelta[] | undefined {
    if (isRecord(part['functionCall']))
      return this.#functionCall(part['functionCall'], textOf(part['thoughtSignature']));
    const deltas = this.#contentOf(part, position);
    const signature = textOf(part['thoughtSignature']);
    if (signature !== undefined) deltas.push({ reasoning_details: [this.#signature(signature)] });
    return deltas;
  }

  #contentOf(part: JsonObject, position: number): ChunkDelta[] {
    const text = textOf(part['text']);
    const thought = part['thought'] === true;
    if (text !== undefined) return thought ? this.#thought(text) : [this.#text(text, position)];
    // Images inside thoughts are drafts.
    return thought ? [] : this.#image(part['inlineData']);
  }

  #text(text: string, position: number): ChunkDelta {
    this.#hasContent = true;
    this.#grounding?.text(text, position);
    return { content: text };
  }

  #thought(text: string): ChunkDelta[] {
    const { excludeReasoning, reasoningFields } = this.#settings;
    if (excludeReasoning) return [];
    return [Object.fromEntries(reasoningFields.map((field) => [field, text]))];
  }

  #image(blob: unknown): ChunkDelta[] {
    if (!isRecord(blob) || typeof blob['data'] !== 'string') return [];
    const type = textOf(blob['mimeType']) ?? '';
    if (!/^image\/[a-z0-9.+-]+$/i.test(type)) return [];
    this.#hasContent = true;
    const image_url = { url: `data:${type};base64,${blob['data']}` };
    return [{ images: [{ type: 'image_url', index: this.#images++, image_url }] }];
  }

  #signature(data: string, id?: string): JsonObject {
    const details = { type: 'reasoning.encrypted', data, format: SIGNATURE_FORMAT, index: this.#details++ };
    return id === undefined ? details : { ...details, id };
  }

  /** A call comes whole, or in pieces of which each but the last has `willContinue`. */
  #functionCall(call: JsonObject, signature: string | undefined): ChunkDelta[] | undefined {
    const more = call['willContinue'] === true;
    if (this.#partial === undefined && !more && call['partialArgs'] === undefined)
      return this.#wholeCall(call, call['args'], signature);
    this.#partial ??= new PartialCall(signature === undefined ? call : { ...call, thoughtSignature: signature });
    const { head, args } = this.#partial;
    if (!this.#partial.add(call['partialArgs'])) return undefined;
    if (more) return [];
    this.#partial = undefined;
    return this.#wholeCall(head, args, signature ?? textOf(head['thoughtSignature']));
  }

  #wholeCall(call: JsonObject, args: unknown, signature: string | undefined): ChunkDelta[] | undefined {
    const sent = textOf(call['name']);
    if (sent === undefined || this.#calls >= MAX_CALLS) return undefined;
    this.#hasContent = true;
    const index = this.#calls++;
    const name = this.#settings.names.original(sent);
    const text = JSON.stringify(isRecord(args) ? args : {});
    if (this.#settings.legacy) return index === 0 ? [{ function_call: { name, arguments: text } }] : [];
    const id = this.#idOf(call['id'], index, signature);
    const delta: ChunkDelta = { tool_calls: [{ index, id, ...this.#called(name, args, text), ...carrier(signature) }] };
    if (signature !== undefined) delta['reasoning_details'] = [this.#signature(signature, id)];
    return [delta];
  }

  #called(name: string, args: unknown, text: string) {
    if (!this.#settings.customTools.has(name)) return { type: 'function', function: { name, arguments: text } };
    const input = isRecord(args) && typeof args['input'] === 'string' ? args['input'] : text;
    return { type: 'custom', custom: { name, input } };
  }

  #idOf(given: unknown, index: number, signature: string | undefined): string {
    const own = textOf(given);
    const id = own === undefined || this.#ids.has(own) ? `${this.#idPrefix}_${this.index}_${index}` : own;
    this.#ids.add(id);
    return signature !== undefined && this.#settings.signaturesInIds ? signedId(id, signature) : id;
  }
}

/** Google's own form of a signature in a tool call. */
function carrier(signature: string | undefined) {
  return signature === undefined ? {} : { extra_content: { google: { thought_signature: signature } } };
}

/** Log probabilities go with the first text of their piece. */
function addLogprobs(choices: ChunkChoice[], logprobs: ChoiceLogprobs, empty: () => ChunkChoice): void {
  const at = choices.findIndex(({ delta }) => typeof delta?.content === 'string');
  if (at === -1) choices.push({ ...empty(), logprobs });
  else choices[at] = { ...choices[at], logprobs };
}
