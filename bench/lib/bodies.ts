// Requests and responses of exact sizes. Both sides of the benchmark build the same bytes.

/** The model that every server in the benchmark serves. */
export const MODEL = 'bench-model';
/** The key that every client sends. */
export const KEY = 'bench-key-0123456789abcdef';

const WORDS = 'The quick brown fox jumps over the lazy dog while seventeen grey geese fly north again. ';

/** Marks requests for streams that end immediately. */
export const BRIEF_MARK = '"user":"brief"';

/** A chat request of exactly `bytes` bytes: a system prompt and a dialogue in messages of up to `messageBytes`. */
export function chatRequest(bytes: number, messageBytes: number, stream: boolean, brief = false): Buffer {
  const messages = [{ role: 'system', content: 'You are a helpful assistant. Answer briefly.' }];
  const request = {
    model: MODEL,
    messages,
    temperature: 0.7,
    max_tokens: 256,
    ...(stream && { stream: true }),
    ...(brief && { user: 'brief' }),
  };
  let left = bytes - JSON.stringify(request).length;
  for (let turn = 0; left > 0; turn++) {
    const role = turn % 2 === 0 ? 'user' : 'assistant';
    const frame = `,{"role":"${role}","content":""}`.length;
    // The last message also takes a remainder that is too small for one of its own.
    const size = left - messageBytes < 2 * frame ? left : messageBytes;
    messages.push({ role, content: text(size - frame) });
    left -= size;
  }
  return Buffer.from(JSON.stringify(request));
}

/** A `chat.completion` of exactly `bytes` bytes. */
export function completion(bytes: number): Buffer {
  const make = (content: string): string =>
    JSON.stringify({
      id: 'chatcmpl-bench',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: MODEL,
      choices: [
        { index: 0, message: { role: 'assistant', content, refusal: null }, logprobs: null, finish_reason: 'stop' },
      ],
      usage: { prompt_tokens: 200, completion_tokens: 150, total_tokens: 350 },
    });
  return Buffer.from(make(text(bytes - make('').length)));
}

/** One event of a stream, of exactly `bytes` bytes with its framing. */
export function chunkEvent(delta: Record<string, string>, finishReason: string | null, bytes = 0): string {
  const make = (padded: Record<string, string>): string =>
    event({ choices: [{ index: 0, delta: padded, finish_reason: finishReason }] });
  const missing = bytes - make(delta).length;
  return missing <= 0 ? make(delta) : make({ ...delta, content: (delta['content'] ?? '') + text(missing) });
}

/** The `count` events of a stream, without usage and `[DONE]`. */
export function streamEvents(count: number, bytes: number): readonly string[] {
  const events = [chunkEvent({ role: 'assistant', content: '' }, null, bytes)];
  while (events.length < count - 1) events.push(chunkEvent({ content: '' }, null, bytes));
  return [...events, chunkEvent({}, 'stop')];
}

/** The text that each event of a stream in OpenAI's form adds; empty ones are left out. */
export function textsIn(stream: string): readonly string[] {
  const events = stream.split('\n\n').filter((each) => each.startsWith('data: {'));
  return events
    .map((each) => {
      const { choices } = JSON.parse(each.slice('data: '.length)) as {
        readonly choices: readonly { readonly delta?: { readonly content?: string | null } }[];
      };
      return choices[0]?.delta?.content ?? '';
    })
    .filter((content) => content !== '');
}

/** The usage chunk of a stream, if the request asks for it. */
export function usageEvent(): string {
  return event({ choices: [], usage: { prompt_tokens: 200, completion_tokens: 100, total_tokens: 300 } });
}

export const DONE_EVENT = 'data: [DONE]\n\n';

function event(rest: object): string {
  const chunk = { id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1_700_000_000, model: MODEL };
  return `data: ${JSON.stringify({ ...chunk, ...rest })}\n\n`;
}

function text(length: number): string {
  return WORDS.repeat(Math.ceil(length / WORDS.length)).slice(0, length);
}
