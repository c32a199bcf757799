// The response as it comes, and what a guard took out of it.
import { eventsOf } from './api.js';
import { byId, element } from './dom.js';

/** What a guard writes in place of a value. */
const PLACEHOLDER = /⟨[^⟨⟩\s]{1,100}⟩/g;

/** Writes the response into its card, piece by piece: what is there is never written again, so readers keep their place. */
export class ResponseWriter {
  #text = element('p', { className: 'text' });
  /** The beginning of a placeholder whose end has not come yet. */
  #pending = '';

  constructor() {
    byId('response').replaceChildren(this.#text);
    byId('response').setAttribute('aria-busy', 'true');
  }

  write(piece) {
    const text = this.#pending + piece;
    const open = text.lastIndexOf('⟨');
    const isOpen = open !== -1 && !text.includes('⟩', open) && text.length - open < 100;
    this.#pending = isOpen ? text.slice(open) : '';
    this.#text.append(...marked(isOpen ? text.slice(0, open) : text));
  }

  stopped() {
    this.#text.append(element('em', { text: ' (stopped)' }));
  }

  failed(message) {
    byId('response').append(element('p', { className: 'error', text: message }));
  }

  end() {
    this.#text.append(this.#pending);
    this.#pending = '';
    byId('response').setAttribute('aria-busy', 'false');
  }
}

/** Reads a response, streamed or whole, into `writer`. */
export async function readInto(writer, response) {
  if (!response.ok) throw new Error((await response.json()).error?.message ?? `HTTP ${response.status}`);
  if (!response.headers.get('content-type').includes('event-stream')) {
    const { choices } = await response.json();
    writer.write(choices[0].message.content ?? JSON.stringify(choices[0].message.tool_calls));
    return;
  }
  for await (const payload of eventsOf(response)) {
    if (payload === '[DONE]') return;
    const chunk = JSON.parse(payload);
    if (chunk.error !== undefined) throw new Error(chunk.error.message);
    writer.write(chunk.choices[0]?.delta?.content ?? '');
  }
}

/** The last message as the provider got it, with its placeholders marked. */
export function showSent(text) {
  byId('sent-part').hidden = text === undefined;
  byId('sent').replaceChildren(...marked(text ?? ''));
}

/** `text` as nodes, with each placeholder in a mark of its own. */
function marked(text) {
  const nodes = [];
  let end = 0;
  for (const { 0: placeholder, index } of text.matchAll(PLACEHOLDER)) {
    const mark = element('mark', { text: placeholder });
    mark.title = 'taken out by the guard';
    nodes.push(text.slice(end, index), mark);
    end = index + placeholder.length;
  }
  return [...nodes, text.slice(end)].filter((node) => node !== '');
}
