import { mergeDefined, type JsonObject } from '../util/json-object.js';

const IN_PIECES: ReadonlySet<string> = new Set(['data', 'transcript']);

/** Assembles the audio of one choice. */
export class AudioAssembler {
  readonly #data: string[] = [];
  readonly #others: JsonObject = {};
  #transcript: string | undefined;
  empty = true;

  add(delta: JsonObject): void {
    this.empty = false;
    if (typeof delta['data'] === 'string') this.#data.push(delta['data']);
    if (typeof delta['transcript'] === 'string') this.#transcript = (this.#transcript ?? '') + delta['transcript'];
    mergeDefined(this.#others, delta, IN_PIECES);
  }

  audio(): JsonObject {
    const audio: JsonObject = { ...this.#others };
    if (this.#data.length > 0) audio['data'] = joinBase64(this.#data);
    if (this.#transcript !== undefined) audio['transcript'] = this.#transcript;
    return audio;
  }
}

/**
 * One base64 text of all pieces. Pieces that end in padding were encoded one by one, so their bytes are joined;
 * otherwise the pieces are slices of one text.
 */
function joinBase64(pieces: readonly string[]): string {
  const eachByItself = pieces.slice(0, -1).some((piece) => piece.endsWith('='));
  if (!eachByItself) return pieces.join('');
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece, 'base64'))).toString('base64');
}
