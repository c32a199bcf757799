import { isRecord, type JsonObject } from '../../util/json-object.js';
import { UnsupportedRequest } from '../../contracts/wire-format.js';
import { droppedMembers } from '../shared/member-table.js';
import type { Encoding } from './encoding.js';
import { jsonSchema } from './json-schema.js';
import { numberOf } from './json.js';
import { geminiMembers } from './members.js';
import { openApiSchema } from './openapi-schema.js';
import { thinkingConfig } from './thinking.js';

/** Numbers that are sent under another name. */
const NUMBERS: readonly (readonly [member: string, sent: string])[] = [
  ['temperature', 'temperature'],
  ['top_p', 'topP'],
  ['top_k', 'topK'],
];
/** Members without an equivalent that only tune the response. */
const neverSent = droppedMembers(geminiMembers);
const MAX_STOPS = 5;
const MODALITIES: ReadonlySet<string> = new Set(['text', 'image']);

/** `generationConfig`; `undefined` where it would be empty. */
export function generationConfig(encoding: Encoding, hasTools: boolean): JsonObject | undefined {
  const config: JsonObject = {};
  const { request, dropped } = encoding;
  for (const [member, sent] of NUMBERS) setNumber(config, sent, request[member]);
  for (const member of neverSent(request)) dropped.add(member);
  addPenalties(config, encoding);
  addLimit(config, encoding);
  addStop(config, encoding);
  addSeed(config, encoding);
  addCandidates(config, encoding);
  addLogprobs(config, encoding);
  addModalities(config, encoding);
  addResponseFormat(config, encoding, hasTools);
  const thinking = thinkingConfig(encoding);
  if (thinking !== undefined) config['thinkingConfig'] = thinking;
  return Object.keys(config).length === 0 ? undefined : config;
}

function setNumber(config: JsonObject, sent: string, value: unknown): void {
  const number = numberOf(value);
  if (number !== undefined) config[sent] = number;
}

/** 0 is the default, and several models refuse the members even then. */
function addPenalties(config: JsonObject, { request, traits, dropped }: Encoding): void {
  for (const [member, sent] of [
    ['frequency_penalty', 'frequencyPenalty'],
    ['presence_penalty', 'presencePenalty'],
  ] as const) {
    const value = numberOf(request[member]);
    if (value === undefined || value === 0) continue;
    if (traits.penalties) config[sent] = value;
    else dropped.add(member);
  }
}

function addLimit(config: JsonObject, { request, dropped }: Encoding): void {
  const newer = numberOf(request.max_completion_tokens);
  const older = numberOf(request.max_tokens);
  if (newer !== undefined && older !== undefined && newer !== older) dropped.add('max_tokens');
  setNumber(config, 'maxOutputTokens', newer ?? older);
}

function addStop(config: JsonObject, { request }: Encoding): void {
  const stops = [request.stop ?? []].flat().filter((stop) => stop !== '');
  if (stops.length > MAX_STOPS)
    throw new UnsupportedRequest('stop', `Gemini takes at most ${MAX_STOPS} stop sequences.`);
  if (stops.length > 0) config['stopSequences'] = stops;
}

/** Gemini's seeds have 32 bits. */
function addSeed(config: JsonObject, { request, dropped }: Encoding): void {
  const seed = numberOf(request.seed);
  if (seed === undefined) return;
  if (seed === Math.trunc(seed) && Math.abs(seed + 0.5) < 2 ** 31) config['seed'] = seed;
  else dropped.add('seed');
}

function addCandidates(config: JsonObject, { request, traits }: Encoding): void {
  const n = numberOf(request.n);
  if (n === undefined || n === 1) return;
  if (n > traits.maxCandidates)
    throw new UnsupportedRequest('n', `This model gives at most ${traits.maxCandidates} candidates.`);
  config['candidateCount'] = n;
}

function addLogprobs(config: JsonObject, { request, traits, dropped }: Encoding): void {
  const top = numberOf(request.top_logprobs);
  if (request.logprobs === true && traits.logprobs) {
    config['responseLogprobs'] = true;
    setNumber(config, 'logprobs', top);
    return;
  }
  if (request.logprobs === true) dropped.add('logprobs');
  if (top !== undefined && top > 0) dropped.add('top_logprobs');
}

function addModalities(config: JsonObject, { request }: Encoding): void {
  const modalities = request.modalities ?? [];
  const unknown = modalities.find((modality) => !MODALITIES.has(modality));
  if (unknown !== undefined)
    throw new UnsupportedRequest(
      'modalities',
      `This format cannot return '${unknown.slice(0, 20)}', only text and images.`,
    );
  if (modalities.some((modality) => modality !== 'text'))
    config['responseModalities'] = modalities.map((modality) => modality.toUpperCase());
}

function addResponseFormat(config: JsonObject, { request, traits }: Encoding, hasTools: boolean): void {
  const format: JsonObject = isRecord(request.response_format) ? request.response_format : {};
  if (format['type'] !== 'json_object' && format['type'] !== 'json_schema') return;
  if (hasTools && !traits.jsonWithTools)
    throw new UnsupportedRequest('response_format', 'This model cannot use tools and structured output together.');
  config['responseMimeType'] = 'application/json';
  const schema = isRecord(format['json_schema']) ? format['json_schema']['schema'] : undefined;
  if (!isRecord(schema) || Object.keys(schema).length === 0) return;
  const param = 'response_format.json_schema.schema';
  if (traits.jsonSchema) config['responseJsonSchema'] = jsonSchema(schema, param);
  else config['responseSchema'] = openApiSchema(schema, param);
}
