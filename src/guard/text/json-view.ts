import type { TextView } from './text-view.js';

const CONTEXT = 64;
const SIMPLE: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  '"': '"',
  '\\': '\\',
  '/': '/',
};
const HEX_4 = /^[0-9a-fA-F]{4}$/;

/**
 * JSON text with the strings in it decoded, so that a value is found however it was escaped and wherever a chunk cuts
 * the escape. What is not JSON is shown as it is.
 */
export class JsonView implements TextView {
  text = '';
  start = 0;
  /** Received characters behind each character of `text`. */
  #pieces: string[] = [];
  /** Whether each character of `text` is inside a string. */
  #inside: boolean[] = [];
  #inString = false;
  /** An escape that the last piece did not finish. */
  #carry = '';

  get held(): number {
    return this.text.length - this.start + this.#carry.length;
  }

  append(piece: string, final: boolean): void {
    const received = this.#carry + piece;
    this.#carry = '';
    let decoded = '';
    for (let index = 0; index < received.length;) {
      const length = this.#unitLength(received, index);
      if (index + length > received.length && !final) {
        this.#carry = received.slice(index);
        break;
      }
      const unit = received.slice(index, index + length);
      decoded += this.#take(unit);
      index += unit.length;
    }
    this.text += decoded;
  }

  received(from: number, to: number): string {
    return this.#pieces.slice(from, to).join('');
  }

  /** Inside a string without quotes; elsewhere as a string of its own, or the text would not be JSON any more. */
  written(value: string, at: number): string {
    const quoted = JSON.stringify(value);
    return this.#inside[at] === true ? quoted.slice(1, -1) : quoted;
  }

  release(to: number): void {
    const kept = Math.max(0, to - CONTEXT);
    this.text = this.text.slice(kept);
    this.#pieces = this.#pieces.slice(kept);
    this.#inside = this.#inside.slice(kept);
    this.start = to - kept;
  }

  /** Characters of the unit at `index`: an escape in a string, or one character. */
  #unitLength(received: string, index: number): number {
    if (!this.#inString || received[index] !== '\\') return 1;
    return received[index + 1] === 'u' ? 6 : 2;
  }

  /** Adds one unit; as single characters where it is not a valid escape. */
  #take(unit: string): string {
    const shown = this.#decode(unit);
    if (shown === undefined) {
      for (const character of unit) this.#push(character);
      return unit;
    }
    this.#push(unit);
    if (unit === '"') this.#inString = !this.#inString;
    return shown;
  }

  #push(piece: string): void {
    this.#pieces.push(piece);
    this.#inside.push(this.#inString);
  }

  #decode(unit: string): string | undefined {
    if (unit.length === 1) return unit;
    const code = unit.slice(2);
    if (unit[1] !== 'u') return SIMPLE[unit[1]!];
    return HEX_4.test(code) ? String.fromCharCode(Number.parseInt(code, 16)) : undefined;
  }
}
