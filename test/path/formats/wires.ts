import { anthropic, azure, bedrock, gemini, type GatewayOptions, type ProviderOptions } from '../../../src/index.js';
import { anthropicError, anthropicReply } from '../../../src/testing/anthropic-upstream.js';
import { converseError, converseReply } from '../../../src/testing/converse-upstream.js';
import { geminiError, geminiReply } from '../../../src/testing/gemini-upstream.js';
import { chat, error, type EventStreamOptions, type FakeUpstream, type Script } from '../../../src/testing/index.js';
import type { FakeToolCall } from '../../../src/testing/chat-bodies.js';
import { gatewayOver, upstreamFor, type Set } from '../fixtures.js';

/** What an upstream sends, in any wire format. */
interface Reply {
  readonly text?: string;
  readonly thinking?: { readonly text: string; readonly signature: string };
  readonly toolCalls?: readonly FakeToolCall[];
  /** A finish reason of OpenAI. */
  readonly finish?: 'length';
}

/** One wire format: how a provider is set up for it, and how its fake upstream sends a response in it. */
export interface Wire {
  readonly name: string;
  readonly provider: Pick<ProviderOptions, 'format' | 'apiKey'>;
  readonly upstreamModel: string;
  readonly say: (reply: Reply, options?: EventStreamOptions) => Script;
  readonly fails: (status: number) => Script;
  /** `format` of the reasoning whose signatures it gives; `undefined`: it gives none. */
  readonly reasoning: string | undefined;
}

const claude = (reply: Reply, options?: EventStreamOptions): Script =>
  anthropicReply({ ...reply, ...(reply.finish === 'length' ? { stopReason: 'max_tokens' } : {}) }, options);

const google = (reply: Reply, options?: EventStreamOptions): Script =>
  geminiReply({ ...reply, ...(reply.finish === 'length' ? { finishReason: 'MAX_TOKENS' } : {}) }, options);

const OPENAI: Wire = {
  name: 'openai',
  provider: { format: 'openai', apiKey: 'operator-secret' },
  upstreamModel: 'm',
  say: ({ text = '', toolCalls, finish }, options) =>
    chat(text, { ...options, toolCalls, ...(finish === undefined ? {} : { finishReason: finish }) }),
  fails: (status) => error(status),
  reasoning: undefined,
};

const CLAUDE_API: Omit<Wire, 'name' | 'provider'> = {
  upstreamModel: 'claude-sonnet-4-5',
  say: claude,
  fails: (status) => anthropicError(status, status === 429 ? 'rate_limit_error' : 'api_error'),
  reasoning: 'anthropic-claude-v1',
};

const GOOGLE_API: Omit<Wire, 'name' | 'provider'> = {
  upstreamModel: 'gemini-2.5-flash',
  say: google,
  fails: (status) => geminiError(status),
  reasoning: 'google-gemini-v1',
};

export const WIRES: readonly Wire[] = [
  OPENAI,
  { ...OPENAI, name: 'azure', provider: { format: azure(), apiKey: 'operator-secret' } },
  { ...CLAUDE_API, name: 'anthropic', provider: { format: 'anthropic', apiKey: 'operator-secret' } },
  {
    ...CLAUDE_API,
    name: 'anthropic-vertex',
    provider: { format: anthropic({ door: 'vertex' }), apiKey: 'operator-secret' },
  },
  {
    ...CLAUDE_API,
    name: 'anthropic-bedrock',
    provider: { format: anthropic({ door: 'bedrock' }), apiKey: 'operator-secret' },
    upstreamModel: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  },
  { ...GOOGLE_API, name: 'gemini', provider: { format: 'gemini', apiKey: 'operator-secret' } },
  {
    ...GOOGLE_API,
    name: 'vertex',
    provider: { format: gemini({ door: 'vertex', project: 'p', location: 'europe-west4' }), apiKey: 'operator-secret' },
  },
  {
    name: 'bedrock',
    provider: { format: bedrock(), apiKey: 'operator-secret' },
    upstreamModel: 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0',
    say: (reply, options) =>
      converseReply({ ...reply, ...(reply.finish === 'length' ? { stopReason: 'max_tokens' } : {}) }, options),
    fails: (status) => converseError(status, status === 429 ? 'ThrottlingException' : 'InternalServerException'),
    reasoning: 'anthropic-claude-v1',
  },
];

/** Those that translate. */
export const NATIVE: readonly Wire[] = WIRES.filter(({ name }) => name !== 'openai' && name !== 'azure');

/** Options of a provider at `upstream` that speaks `wire` and serves model `m`. */
export function providerAt(upstream: FakeUpstream, wire: Wire, model: object = {}): ProviderOptions {
  const baseUrl = wire.name === 'openai' ? upstream.baseUrl : upstream.baseUrl.replace(/\/v1$/, '');
  return { ...wire.provider, baseUrl, models: { m: { upstreamModel: wire.upstreamModel, ...model } } };
}

export interface WireSet extends Set {
  readonly upstream: FakeUpstream;
}

/** A gateway whose providers (p0, p1, …) speak these languages, each in front of a fake upstream of its own. */
export async function gatewayOfWires(
  wires: readonly Wire[],
  options: Partial<GatewayOptions> = {},
  model: object = {},
): Promise<WireSet> {
  const upstreams = await Promise.all(wires.map(() => upstreamFor()));
  const providers = Object.fromEntries(
    wires.map((wire, index) => [`p${index}`, providerAt(upstreams[index]!, wire, model)]),
  );
  const set = await gatewayOver(upstreams, { providers, ...options } as Partial<GatewayOptions>);
  return { ...set, upstream: upstreams[0]! };
}
