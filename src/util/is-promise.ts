/** Whether `value` must be awaited: any object with a `then` method, as user code may return promises of other libraries. */
export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === 'function';
}
