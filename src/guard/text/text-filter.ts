/** Text of one channel on its way to the client: some of it is held back, some of it changed. */
export interface TextFilter {
  /** Characters that are held back. */
  readonly held: number;
  /**
   * Takes `piece`, returns what may go on. The next call waits for the result of this one.
   * @param final - the channel has ended: everything is released
   * @throws BlockedByGuard
   */
  push(piece: string, final: boolean): string | Promise<string>;
}

/** Runs `goOn` on a value at once, or when it is there. */
export function andThen<T, R>(value: T | Promise<T>, goOn: (value: T) => R | Promise<R>): R | Promise<R> {
  return value instanceof Promise ? value.then(goOn) : goOn(value);
}
