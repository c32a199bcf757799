import { isRecord, type JsonObject } from '../../util/json-object.js';
import type { Annotation } from '../../chat/types.js';
import { textOf } from './json.js';

/** Texts that are longer get no annotations. */
const MAX_TEXT = 8 * 1024 * 1024;

/**
 * Collects a candidate's text and its grounding, for annotations. Google counts UTF-8 bytes within one part, OpenAI's
 * clients slice the whole content by UTF-16 code units.
 */
export class Grounding {
  #text = '';
  /** By position of the part in the one response that had it: where its text begins in the whole. */
  readonly #starts = new Map<number, number>();
  #responses = 0;
  #chunks: readonly unknown[] = [];
  #supports: readonly unknown[] = [];

  /** A further response of the candidate begins. */
  next(): void {
    this.#responses++;
  }

  text(text: string, position: number): void {
    if (this.#text.length + text.length > MAX_TEXT) return;
    if (this.#responses === 1) this.#starts.set(position, this.#text.length);
    this.#text += text;
  }

  metadata(metadata: unknown): void {
    if (!isRecord(metadata)) return;
    const { groundingChunks, groundingSupports } = metadata;
    if (Array.isArray(groundingChunks) && groundingChunks.length > 0) this.#chunks = groundingChunks;
    if (Array.isArray(groundingSupports) && groundingSupports.length > 0) this.#supports = groundingSupports;
  }

  annotations(): Annotation[] {
    const bytes = Buffer.from(this.#text);
    return this.#supports.filter(isRecord).flatMap((support) => this.#ofSupport(support, bytes));
  }

  #ofSupport({ segment, groundingChunkIndices }: JsonObject, bytes: Buffer): Annotation[] {
    if (!isRecord(segment) || !Array.isArray(groundingChunkIndices)) return [];
    const [start_index, end_index] = this.#span(segment, bytes);
    return groundingChunkIndices
      .map((index) => webOf(typeof index === 'number' ? this.#chunks[index] : undefined))
      .filter((web) => web !== undefined)
      .map((web) => ({ type: 'url_citation', url_citation: { ...web, start_index, end_index } }));
  }

  #span(segment: JsonObject, bytes: Buffer): readonly [start: number, end: number] {
    const base = this.#baseOf(segment['partIndex']);
    const baseBytes = base === 0 ? 0 : Buffer.byteLength(this.#text.slice(0, base));
    const from = toIndex(bytes, baseBytes, base, offset(segment['startIndex']));
    const to = toIndex(bytes, baseBytes, base, offset(segment['endIndex']));
    const quoted = textOf(segment['text']);
    if (quoted === undefined || this.#text.slice(from, to) === quoted) return [from, Math.max(from, to)];
    // The offsets do not fit the text as it was sent; the quoted text shows its position.
    const found = this.#text.indexOf(quoted);
    return found === -1 ? [from, Math.max(from, to)] : [found, found + quoted.length];
  }

  /** In a stream, parts are pieces of one text: only a candidate that came whole has parts to count. */
  #baseOf(partIndex: unknown): number {
    return this.#responses === 1 && typeof partIndex === 'number' ? (this.#starts.get(partIndex) ?? 0) : 0;
  }
}

function toIndex(bytes: Buffer, baseBytes: number, base: number, offset: number): number {
  return base + bytes.toString('utf8', baseBytes, Math.min(baseBytes + offset, bytes.length)).length;
}

function offset(value: unknown): number {
  return Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : 0;
}

function webOf(chunk: unknown): { url: string; title: string } | undefined {
  const web = isRecord(chunk) ? chunk['web'] : undefined;
  const url = isRecord(web) ? textOf(web['uri']) : undefined;
  if (url === undefined || !isRecord(web)) return undefined;
  return { url, title: textOf(web['title']) ?? textOf(web['domain']) ?? url };
}
