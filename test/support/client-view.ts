/** A response of the gateway as a client reads it, whole or streamed. */
export interface ClientView {
  readonly status: number;
  readonly headers: Headers;
  readonly raw: string;
  /** A whole response, or an error. */
  readonly body: Record<string, unknown> | undefined;
  /** Of a stream. */
  readonly chunks: readonly Record<string, unknown>[];
  readonly text: string;
  readonly calls: readonly CalledTool[];
  /** `[DONE]` came, or a whole completion. */
  readonly done: boolean;
}

interface CalledTool {
  readonly id: string | undefined;
  readonly type: string | undefined;
  readonly name: string;
  readonly arguments: unknown;
}

interface Said {
  readonly content?: unknown;
  readonly tool_calls?: readonly WireCall[] | null;
}

interface WireCall {
  readonly index?: number;
  readonly id?: string;
  readonly type?: string;
  readonly function?: { readonly name?: string; readonly arguments?: unknown };
}

export async function readResponse(response: Response, streamed: boolean): Promise<ClientView> {
  const raw = await response.text();
  const facts = { status: response.status, headers: response.headers, raw };
  const payloads = raw.split('\n').filter((line) => line.startsWith('data:'));
  return streamed && payloads.length > 0 ? ofStream(facts, payloads) : ofWhole(facts);
}

type Facts = Pick<ClientView, 'status' | 'headers' | 'raw'>;

function ofWhole(facts: Facts): ClientView {
  const body = parsed(facts.raw);
  const [choice] = (body?.['choices'] ?? []) as readonly { readonly message?: Said }[];
  const message = choice?.message;
  const calls = (message?.tool_calls ?? []).map(({ id, type, function: called }) => ({
    id,
    type,
    name: called?.name ?? '',
    arguments: called?.arguments,
  }));
  const text = typeof message?.content === 'string' ? message.content : '';
  return { ...facts, body, chunks: [], text, calls, done: body?.['choices'] !== undefined };
}

function ofStream(facts: Facts, lines: readonly string[]): ClientView {
  const payloads = lines.map((line) => line.slice(5).trim());
  const chunks = payloads
    .filter((payload) => payload !== '[DONE]')
    .map((payload) => JSON.parse(payload) as Record<string, unknown>);
  const deltas = chunks.flatMap((chunk) => ((chunk['choices'] ?? []) as { delta?: Said }[]).map(({ delta }) => delta));
  const text = deltas.map((delta) => (typeof delta?.content === 'string' ? delta.content : '')).join('');
  const calls = callsOf(deltas.flatMap((delta) => delta?.tool_calls ?? []));
  return { ...facts, body: undefined, chunks, text, calls, done: payloads.includes('[DONE]') };
}

/** Assembles tool calls as OpenAI's own clients do: by index only. */
function callsOf(pieces: readonly WireCall[]): readonly CalledTool[] {
  const calls = new Map<number | undefined, { id?: string; type?: string; name: string; arguments: string }>();
  for (const { index, id, type, function: called } of pieces) {
    const call = calls.get(index) ?? { name: '', arguments: '' };
    calls.set(index, call);
    if (id !== undefined) call.id = id;
    if (type !== undefined) call.type = type;
    call.name += called?.name ?? '';
    call.arguments += String(called?.arguments ?? '');
  }
  return [...calls.values()].map(({ id, type, ...call }) => ({ id, type, ...call }));
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
