import type { ChatRequest } from '../../chat/types.js';

/**
 * What an endpoint may or may not understand. Members outside this vocabulary (`stream`, `user`, `metadata` …)
 * are never a reason to choose or to drop. A set of parameters is a number with one bit each.
 */
const VOCABULARY = [
  'temperature',
  'top_p',
  'top_k',
  'min_p',
  'top_a',
  'frequency_penalty',
  'presence_penalty',
  'repetition_penalty',
  'max_tokens',
  'logit_bias',
  'logprobs',
  'top_logprobs',
  'prediction',
  'seed',
  'response_format',
  'structured_outputs',
  'stop',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'include_reasoning',
  'reasoning',
  'reasoning_effort',
  'web_search_options',
  'verbosity',
  // A `tool_choice` that every endpoint with tools obeys anyway.
  'tool_choice:auto',
] as const;

type Parameter = (typeof VOCABULARY)[number];

const BITS: ReadonlyMap<string, number> = new Map<string, number>([
  ...VOCABULARY.map((name, index): [string, number] => [name, 1 << index]),
  // Two names of one limit.
  ['max_completion_tokens', 1 << VOCABULARY.indexOf('max_tokens')],
]);

/** What a declared parameter brings along without being declared itself. */
const IMPLIED: ReadonlyMap<string, readonly Parameter[]> = new Map<string, readonly Parameter[]>([
  ['tools', ['parallel_tool_calls', 'tool_choice:auto']],
  ['tool_choice', ['tool_choice:auto']],
  ['reasoning', ['reasoning_effort']],
]);

/** Members that mean nothing, or are refused upstream, once the member that they belong to is gone. */
const DEPENDENTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['tools', ['tool_choice', 'parallel_tool_calls']],
  ['logprobs', ['top_logprobs']],
]);

/** A limit on what an answer may cost is sent on even to an endpoint that does not list it. */
const NEVER_DROPPED = bitOf('max_tokens');

/** Every parameter there is: what an endpoint understands that declares nothing. */
const ALL_PARAMETERS = ~0;

/** One parameter that the request carries: the member's name, and the bit that an endpoint must have for it. */
interface SentParameter {
  readonly member: string;
  readonly bit: number;
}

/** What the request asks endpoints to understand. */
export interface SentParameters {
  readonly list: readonly SentParameter[];
  readonly mask: number;
}

/** What an endpoint understands, from what it declares. */
export function understoodBy(declared: ReadonlySet<string> | undefined): number {
  if (declared === undefined) return ALL_PARAMETERS;
  let mask = 0;
  for (const name of declared) {
    mask |= BITS.get(name) ?? 0;
    for (const implied of IMPLIED.get(name) ?? NOTHING_IMPLIED) mask |= bitOf(implied);
  }
  return mask;
}

/** What a format can express, from the names that it gives. Nothing is implied but what comes with tools. */
export function expressedBy(names: ReadonlySet<string> | undefined): number {
  if (names === undefined) return ALL_PARAMETERS;
  let mask = names.has('tools') ? bitOf('tool_choice:auto') : 0;
  for (const name of names) mask |= BITS.get(name) ?? 0;
  return mask;
}

/** The parameters in `request` that carry a meaning; `null` counts as absent. */
export function sentParameters(request: ChatRequest): SentParameters {
  const list: SentParameter[] = [];
  let mask = 0;
  for (const member of Object.keys(request)) {
    const bit = BITS.get(member);
    if (bit === undefined) continue;
    const needed = neededBit(member, bit, request[member]);
    if (needed === 0) continue;
    mask |= needed;
    list.push({ member, bit: needed });
  }
  return { list, mask };
}

/** The bit that the member's value asks for; 0 when it asks for nothing. */
function neededBit(member: string, bit: number, value: unknown): number {
  if (value === null || value === undefined) return 0;
  switch (member) {
    case 'tools':
      return Array.isArray(value) && value.length === 0 ? 0 : bit;
    case 'tool_choice':
      return value === 'auto' || value === 'none' ? bitOf('tool_choice:auto') : bit;
    case 'logprobs':
      return value === false ? 0 : bit;
    case 'response_format':
      return responseFormatBit(value, bit);
    default:
      return bit;
  }
}

function responseFormatBit(value: unknown, bit: number): number {
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
  if (type === 'text') return 0;
  return type === 'json_schema' ? bitOf('structured_outputs') : bit;
}

/** The members of `sent` that an endpoint which understands `understood` is not told. */
export function membersToDrop(sent: SentParameters, understood: number): readonly string[] {
  const missing = sent.mask & ~understood & ~NEVER_DROPPED;
  if (missing === 0) return NOTHING;
  const dropped = new Set(sent.list.filter(({ bit }) => (bit & missing) !== 0).map(({ member }) => member));
  for (const member of dropped) {
    for (const dependent of DEPENDENTS.get(member) ?? NOTHING) {
      if (sent.list.some((parameter) => parameter.member === dependent)) dropped.add(dependent);
    }
  }
  return [...dropped];
}

/** The members of `sent` for which `understood` lacks the bit, for people to read. */
export function notUnderstood(sent: SentParameters, understood: number): readonly string[] {
  return sent.list.filter(({ bit }) => (bit & understood) === 0).map(({ member }) => member);
}

/**
 * Parameters that narrow the choice without ever emptying it: where some endpoints of a model understand one,
 * the others stand back. In this order.
 */
export const SOFT_PARAMETERS: readonly string[] = ['tools', 'response_format', 'verbosity'];

const NOTHING: readonly string[] = Object.freeze([]);
const NOTHING_IMPLIED: readonly Parameter[] = Object.freeze([]);

function bitOf(name: Parameter): number {
  return 1 << VOCABULARY.indexOf(name);
}
