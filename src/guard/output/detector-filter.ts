import type { GuardContext } from '../call-guard.js';
import { BlockedByGuard, contentBlocked, guardUnavailable } from '../blocked.js';
import type { ResolvedDetectors } from '../guard-options.js';
import { genericPlaceholder } from '../placeholders.js';
import { ScanFilter } from '../text/scan-filter.js';
import type { TextFilter } from '../text/text-filter.js';
import type { TextView } from '../text/text-view.js';

/** Redacts or blocks what the detectors of one guard find in one channel of a response. */
export class DetectorFilter implements TextFilter {
  readonly #guard: ResolvedDetectors;
  readonly #path: string;
  readonly #context: GuardContext;
  readonly #scan: ScanFilter;
  /** A detector threw and the guard fails open: the rest of the channel passes unchecked. */
  #isOff = false;

  constructor(guard: ResolvedDetectors, path: string, view: TextView, context: GuardContext) {
    const { detectors, placeholders, block } = guard.detects;
    this.#guard = guard;
    this.#path = path;
    this.#context = context;
    this.#scan = new ScanFilter(view, detectors, (type) => {
      if (placeholders !== undefined) return genericPlaceholder(type);
      throw new BlockedByGuard(contentBlocked(block, path), guard);
    });
  }

  get held(): number {
    return this.#scan.held;
  }

  push(piece: string, final: boolean): string {
    if (this.#isOff) return piece;
    try {
      return this.#scan.push(piece, final);
    } catch (error) {
      if (error instanceof BlockedByGuard) throw error;
      const { name, onError } = this.#guard;
      this.#context.reportFailure(name, error);
      if (onError === 'closed') throw new BlockedByGuard(guardUnavailable(name, this.#path, error), this.#guard);
      this.#isOff = true;
      return this.#scan.flush();
    }
  }
}
