/** What a client reads off an event stream. */
export interface SseReading {
  /** The payloads of the events, `[DONE]` included. */
  readonly payloads: string[];
  /** What broke the stream before its end. */
  readonly error: Error | undefined;
}

/** A fetch `Response`, its body, or any source of bytes. */
export type SseSource = Response | AsyncIterable<Uint8Array> | string;

/** The payloads of an event stream, to its end. Fails when the connection breaks. */
export async function readSse(source: SseSource): Promise<string[]> {
  const { payloads, error } = await collectSse(source);
  if (error !== undefined) throw error;
  return payloads;
}

/** As `readSse`, for streams that break: what came before, and how it ended. */
export async function collectSse(source: SseSource): Promise<SseReading> {
  const decoder = new TextDecoder();
  let text = '';
  let error: Error | undefined;
  try {
    for await (const bytes of bytesOf(source)) text += decoder.decode(bytes, { stream: true });
  } catch (thrown) {
    error = thrown instanceof Error ? thrown : new Error(String(thrown));
  }
  return { payloads: payloadsOf(text), error };
}

/** The chunks of a chat stream, `[DONE]` left out. */
export async function readChunks(source: SseSource): Promise<Record<string, unknown>[]> {
  const payloads = await readSse(source);
  return payloads
    .filter((payload) => payload !== '[DONE]')
    .map((payload) => JSON.parse(payload) as Record<string, unknown>);
}

/** The text that a chat stream says in one choice. */
export function contentOf(payloads: readonly string[], choice = 0): string {
  return payloads
    .filter((payload) => payload !== '[DONE]')
    .flatMap((payload) => (JSON.parse(payload) as { choices?: SaidChoice[] }).choices ?? [])
    .filter((said) => said.index === choice)
    .map((said) => said.delta?.content ?? '')
    .join('');
}

interface SaidChoice {
  readonly index: number;
  readonly delta?: { readonly content?: string | null };
}

// A reader of its own, so that the one in src is measured against something that is not itself.
function payloadsOf(text: string): string[] {
  const blocks = text
    .replace(/^\uFEFF/, '')
    .replaceAll('\r\n', '\n')
    .replaceAll('\r', '\n')
    .split('\n\n');
  // What stands after the last empty line was never finished.
  return blocks.slice(0, -1).flatMap((block) => {
    const data = block.split('\n').filter((line) => line.startsWith('data:'));
    return data.length === 0 ? [] : [data.map((line) => line.slice(5).replace(/^ /, '')).join('\n')];
  });
}

async function* bytesOf(source: SseSource): AsyncIterable<Uint8Array> {
  if (typeof source === 'string') yield Buffer.from(source);
  else if (source instanceof Response) {
    if (source.body !== null) yield* source.body as AsyncIterable<Uint8Array>;
  } else yield* source;
}
