/** Members whose text differs from event to event while everything around it stays: what models say, and padding (OpenAI). */
const SPOKEN = /"(?:content|reasoning|reasoning_content|obfuscation)": ?"/g;
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

  /** Remembers `data`, which is JSON, as the frame of what may follow. */
  set(data: string): void {
    this.#around = NOT_PLAIN.test(data) ? [] : textAround(data);
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
    for (let index = 0; index < last; index++) {
      const words = at + around[index]!.length;
      // `startsWith` would compare character by character, at twice the cost.
      if (data.slice(at, words) !== around[index]) return false;
      at = data.indexOf('"', words);
      if (at < 0 || NOT_PLAIN.test(data.slice(words, at))) return false;
    }
    return data.slice(at) === around[last];
  }
}

/** Each part but the first begins with the quote that ends the words before it. */
function textAround(data: string): readonly string[] {
  const parts: string[] = [];
  let from = 0;
  SPOKEN.lastIndex = 0;
  for (let found = SPOKEN.exec(data); found !== null; found = SPOKEN.exec(data)) {
    parts.push(data.slice(from, SPOKEN.lastIndex));
    from = SPOKEN.lastIndex = data.indexOf('"', SPOKEN.lastIndex);
  }
  // Without any such member every event is worth a look of its own.
  if (parts.length > 0) parts.push(data.slice(from));
  return parts;
}
