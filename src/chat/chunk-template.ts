/** Members whose text differs from event to event while the rest stays the same: output of models, and OpenAI's padding. */
const SPOKEN = /"(content|reasoning|reasoning_content|obfuscation)": ?"/g;
/** Characters that a JSON string must escape, and the backslash: without them, a string ends at the next quote. */
// oxlint-disable-next-line no-control-regex -- JSON must escape control characters
const NOT_PLAIN = /[\\\u0000-\u001f]/;

/**
 * The part of an event that stays the same in the next event of a stream. Most events differ in the generated text only.
 * Such an event is known to be valid without parsing it: its value is that of the event before, with other text in the
 * same strings.
 */
export class ChunkTemplate {
  /** The JSON around the generated texts; empty: no template is set. */
  #around: readonly string[] = [];
  /** Which of these texts count as output: not padding, nor reasoning that is repeated under a second name. */
  #isOutput: readonly boolean[] = [];
  /** UTF-8 bytes of output in the last event that matched. */
  outputBytes = 0;

  /** Sets the template from `data`, which must be valid JSON. */
  set(data: string): void {
    const template = NOT_PLAIN.test(data) ? NO_FRAME : textAround(data);
    this.#around = template.around;
    this.#isOutput = template.isOutput;
  }

  clear(): void {
    this.#around = [];
  }

  /** Whether `data` differs from the template in generated text only. */
  matches(data: string): boolean {
    const around = this.#around;
    const last = around.length - 1;
    if (last < 0) return false;
    let at = 0;
    let bytes = 0;
    for (let index = 0; index < last; index++) {
      const start = at + around[index]!.length;
      // Comparing a slice costs half of `startsWith`, which compares character by character.
      if (data.slice(at, start) !== around[index]) return false;
      at = data.indexOf('"', start);
      if (at < 0) return false;
      const value = data.slice(start, at);
      if (NOT_PLAIN.test(value)) return false;
      if (this.#isOutput[index] === true) bytes += Buffer.byteLength(value);
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

/** Splits an event at its generated texts. Each part but the first begins with the quote that ends the text before it. */
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
  // An event without such a member has nothing that may differ: it is no template.
  if (parts.length > 0) parts.push(data.slice(from));
  const isOutput = names.map(
    (name) => name !== 'obfuscation' && !(name === 'reasoning' && names.includes('reasoning_content')),
  );
  return { around: parts, isOutput };
}
