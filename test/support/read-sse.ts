/** An event stream as a client reads it. */
export interface SseReading {
  /** The payloads of the events, `[DONE]` included. */
  readonly payloads: string[];
  /** The error that ended the stream early. */
  readonly error: Error | undefined;
}

/** A fetch `Response`, its body, or any source of bytes. */
export type SseSource = Response | AsyncIterable<Uint8Array> | string;

/** The payloads of an event stream, to its end. Rejects where the connection breaks. */
export async function readSse(source: SseSource): Promise<string[]> {
  const { payloads, error } = await collectSse(source);
  if (error !== undefined) throw error;
  return payloads;
}

/** As `readSse`, for streams that may break: the payloads before, and the error. */
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

/** The chunks of a chat stream, without `[DONE]`. */
export async function readChunks(source: SseSource): Promise<Record<string, unknown>[]> {
  const payloads = await readSse(source);
  return payloads
    .filter((payload) => payload !== '[DONE]')
    .map((payload) => JSON.parse(payload) as Record<string, unknown>);
}

/** The text of one choice of a chat stream. */
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

// A parser of its own, so that the one in src is not tested with itself.
function payloadsOf(text: string): string[] {
  const blocks = text
    .replace(/^\uFEFF/, '')
    .replaceAll('\r\n', '\n')
    .replaceAll('\r', '\n')
    .split('\n\n');
  // Text after the last empty line is an incomplete event.
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
