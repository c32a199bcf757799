import type { ChatRequest } from '../../chat/types.js';

/**
 * The parameters that an endpoint may or may not support. Other members (`stream`, `user`, `metadata` …) never exclude
 * an endpoint, and are never dropped. A set of parameters is a number with one bit each.
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
  // A `tool_choice` of `auto` or `none`, which every endpoint with tools supports.
  'tool_choice:auto',
] as const;

type Parameter = (typeof VOCABULARY)[number];

const BITS: ReadonlyMap<string, number> = new Map<string, number>([
  ...VOCABULARY.map((name, index): [string, number] => [name, 1 << index]),
  // The newer name of the same limit.
  ['max_completion_tokens', 1 << VOCABULARY.indexOf('max_tokens')],
]);

/** Parameters that a declared one implies. */
const IMPLIED: ReadonlyMap<string, readonly Parameter[]> = new Map<string, readonly Parameter[]>([
  ['tools', ['parallel_tool_calls', 'tool_choice:auto']],
  ['tool_choice', ['tool_choice:auto']],
  ['reasoning', ['reasoning_effort']],
]);

/** Members that must be dropped together with the member that they depend on. */
const DEPENDENTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['tools', ['tool_choice', 'parallel_tool_calls']],
  ['logprobs', ['top_logprobs']],
]);

/** The limit of a response's length, and so of its cost, is sent even to an endpoint that does not list it. */
const NEVER_DROPPED = bitOf('max_tokens');

/** All parameters, for an endpoint that declares none. */
const ALL_PARAMETERS = ~0;

/** A parameter of the request: its member, and the bit that an endpoint needs for it. */
interface SentParameter {
  readonly member: string;
  readonly bit: number;
}

/** The parameters of a request. */
export interface SentParameters {
  readonly list: readonly SentParameter[];
  readonly mask: number;
}

/** The parameters that an endpoint supports, from those that it declares. */
export function understoodBy(declared: ReadonlySet<string> | undefined): number {
  if (declared === undefined) return ALL_PARAMETERS;
  let mask = 0;
  for (const name of declared) {
    mask |= BITS.get(name) ?? 0;
    for (const implied of IMPLIED.get(name) ?? NOTHING_IMPLIED) mask |= bitOf(implied);
  }
  return mask;
}

/** The parameters that a format can express, from the names that it lists. Only `tools` implies another one. */
export function expressedBy(names: ReadonlySet<string> | undefined): number {
  if (names === undefined) return ALL_PARAMETERS;
  let mask = names.has('tools') ? bitOf('tool_choice:auto') : 0;
  for (const name of names) mask |= BITS.get(name) ?? 0;
  return mask;
}

/** The parameters of `request`; `null` counts as absent. */
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

/** The bit that the member's value needs; 0 for a value without effect. */
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

/** The members of `sent` to drop for an endpoint that supports `understood`. */
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

/** The members of `sent` that `understood` lacks. */
export function notUnderstood(sent: SentParameters, understood: number): readonly string[] {
  return sent.list.filter(({ bit }) => (bit & understood) === 0).map(({ member }) => member);
}

/**
 * Parameters that exclude endpoints without support for them, as long as some endpoint of the model supports them. In
 * this order.
 */
export const SOFT_PARAMETERS: readonly string[] = ['tools', 'response_format', 'verbosity'];

const NOTHING: readonly string[] = Object.freeze([]);
const NOTHING_IMPLIED: readonly Parameter[] = Object.freeze([]);

function bitOf(name: Parameter): number {
  return 1 << VOCABULARY.indexOf(name);
}
