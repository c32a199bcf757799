interface Wait {
  readonly condition: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Promises that resolve when a condition holds. Conditions are checked after each reported change. */
export class ConditionWaiter {
  #waits: Wait[] = [];

  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waits.push({ condition, resolve, reject });
      this.check();
    });
  }

  check(): void {
    this.#waits = this.#waits.filter((wait) => {
      if (!wait.condition()) return true;
      wait.resolve();
      return false;
    });
  }

  /** Rejects all that still wait: nothing will change any more. */
  end(error: Error): void {
    for (const { reject } of this.#waits.splice(0)) reject(error);
  }
}
