import type { LimitAlert, LimitOptions } from '../contracts/limits.js';
import type { BoundRule } from './bound-rules.js';
import type { ResilientStore } from './resilient-store.js';

/** Most alerts that this process remembers as sent; for older ones it asks the store again. */
const MAX_GIVEN = 10_000;
/** A rule without a window alerts again after this, in milliseconds. */
const LONGEST_MS = 86_400_000;

/** Reports reached thresholds to the host: once per rule, key and window, from one of all processes. */
export class Alerts {
  readonly #store: ResilientStore;
  readonly #onAlert: LimitOptions['onAlert'];
  readonly #given = new Map<string, number>();

  constructor(store: ResilientStore, onAlert: LimitOptions['onAlert']) {
    this.#store = store;
    this.#onAlert = onAlert;
  }

  /** The host listens. */
  get isOn(): boolean {
    return this.#onAlert !== undefined;
  }

  watch(rules: readonly BoundRule[], now: number): void {
    for (const bound of rules) {
      const { rule, level } = bound;
      if (level === undefined || rule.alertAt.length === 0) continue;
      const used = level.used / rule.scale;
      for (const ratio of rule.alertAt) if (used >= ratio * rule.limit) this.#reached(bound, ratio, used, now);
    }
  }

  #reached({ rule, key, group, counter }: BoundRule, ratio: number, used: number, now: number): void {
    // The field of a calendar window contains its start; any other window ends after its length.
    const name = `alert:${counter.field}:${ratio}`;
    const given = `${group} ${name}`;
    if ((this.#given.get(given) ?? 0) > now) return;
    const resetsAt = rule.resetsAt(now);
    const ttlMs = resetsAt === undefined ? (rule.windowMs(now) ?? LONGEST_MS) : resetsAt - now + 1_000;
    this.#given.set(given, now + ttlMs);
    if (this.#given.size > MAX_GIVEN) this.#given.delete(this.#given.keys().next().value!);
    void this.#give({ rule: rule.name, key, ratio, used, limit: rule.limit }, group, name, ttlMs);
  }

  async #give(alert: LimitAlert, group: string, name: string, ttlMs: number): Promise<void> {
    try {
      if (await this.#store.claim(group, name, ttlMs)) await this.#onAlert?.(alert);
    } catch {
      // An alert whose listener throws counts as sent.
    }
  }
}
