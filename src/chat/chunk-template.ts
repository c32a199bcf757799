/** Members whose text differs from event to event while everything around it stays: what models say, and padding (OpenAI). */
const SPOKEN = /"(content|reasoning|reasoning_content|obfuscation)": ?"/g;
/** What a JSON string must escape, and the sign of an escape: where neither stands, a string ends at the next quote. */
// oxlint-disable-next-line no-control-regex -- these are what it looks for
const NOT_PLAIN = /[\\\u0000-\u001f]/;

/**
 * What stays the same from one event of a stream to the next. Nearly all events of an answer differ in a few words, so
 * one that is the last one's frame around other words needs no parser to be known as sound: its value is the last one's
 * with other text in the same strings.
 */
export class ChunkTemplate {
  /** The text around the words; empty: nothing is known. */
  #around: readonly string[] = [];
  /** Which of the words in between are output: padding is none, nor is reasoning that stands there twice. */
  #isOutput: readonly boolean[] = [];
  /** UTF-8 bytes of output in the last event that fitted. */
  outputBytes = 0;

  /** Remembers `data`, which is JSON, as the frame of what may follow. */
  set(data: string): void {
    const template = NOT_PLAIN.test(data) ? NO_FRAME : textAround(data);
    this.#around = template.around;
    this.#isOutput = template.isOutput;
  }

  clear(): void {
    this.#around = [];
  }

  /** Whether `data` is the frame around any words. */
  matches(data: string): boolean {
    const around = this.#around;
    const last = around.length - 1;
    if (last < 0) return false;
    let at = 0;
    let bytes = 0;
    for (let index = 0; index < last; index++) {
      const words = at + around[index]!.length;
      // `startsWith` would compare character by character, at twice the cost.
      if (data.slice(at, words) !== around[index]) return false;
      at = data.indexOf('"', words);
      if (at < 0) return false;
      const said = data.slice(words, at);
      if (NOT_PLAIN.test(said)) return false;
      if (this.#isOutput[index] === true) bytes += Buffer.byteLength(said);
    }
    this.outputBytes = bytes;
    return data.slice(at) === around[last];
  }
}

interface Frame {
  readonly around: readonly string[];
  readonly isOutput: readonly boolean[];
}

const NO_FRAME: Frame = { around: [], isOutput: [] };

/** Each part but the first begins with the quote that ends the words before it. */
function textAround(data: string): Frame {
  const parts: string[] = [];
  const names: string[] = [];
  let from = 0;
  SPOKEN.lastIndex = 0;
  for (let found = SPOKEN.exec(data); found !== null; found = SPOKEN.exec(data)) {
    parts.push(data.slice(from, SPOKEN.lastIndex));
    names.push(found[1]!);
    from = SPOKEN.lastIndex = data.indexOf('"', SPOKEN.lastIndex);
  }
  // Without any such member every event is worth a look of its own.
  if (parts.length > 0) parts.push(data.slice(from));
  const isOutput = names.map(
    (name) => name !== 'obfuscation' && !(name === 'reasoning' && names.includes('reasoning_content')),
  );
  return { around: parts, isOutput };
}
