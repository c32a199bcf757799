interface Wait {
  readonly condition: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Promises that wait for conditions over one changing thing, checked whenever it says that it changed. */
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

  /** Nothing will change any more. */
  end(error: Error): void {
    for (const { reject } of this.#waits.splice(0)) reject(error);
  }
}
