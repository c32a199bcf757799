import type { Detector } from '../../contracts/guard.js';
import { scan } from '../detect/scan.js';
import type { TextFilter } from './text-filter.js';
import type { TextView } from './text-view.js';

/** Returns the text that replaces a value that was found. Throws where the guard blocks. */
export type OnValue = (type: string, value: string) => string;

/** Finds values in one text as it arrives, and holds back what may become one. */
export class ScanFilter implements TextFilter {
  readonly #view: TextView;
  readonly #detectors: readonly Detector[];
  readonly #onValue: OnValue;
  #holder: Detector | undefined;

  constructor(view: TextView, detectors: readonly Detector[], onValue: OnValue) {
    this.#view = view;
    this.#detectors = detectors;
    this.#onValue = onValue;
  }

  get held(): number {
    return this.#view.held;
  }

  push(piece: string, final: boolean): string {
    const view = this.#view;
    view.append(piece, final);
    const { values, holdFrom, holder } = scan(view.text, view.start, final, this.#detectors, this.#holder);
    this.#holder = holder;
    let released = '';
    let at = view.start;
    for (const { type, start, end } of values) {
      const replacement = this.#onValue(type, view.text.slice(start, end));
      released += view.received(at, start) + view.written(replacement, start);
      at = end;
    }
    released += view.received(at, holdFrom);
    view.release(holdFrom);
    return released;
  }

  /** Releases what is held without checking it. */
  flush(): string {
    const view = this.#view;
    view.append('', true);
    const released = view.received(view.start, view.text.length);
    view.release(view.text.length);
    return released;
  }
}
