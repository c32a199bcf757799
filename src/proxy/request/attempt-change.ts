import type { AttemptChange } from '../../contracts/hooks.js';

/** W3C Trace Context and Baggage: they differ with every request and mean nothing to a model. */
const TRACE_HEADERS: ReadonlySet<string> = new Set(['traceparent', 'tracestate', 'baggage']);

/** Whether the response may depend on `change`. */
export function changesMeaning({ request, headers }: AttemptChange): boolean {
  if (request !== undefined) return true;
  return headers !== undefined && Object.keys(headers).some((name) => !TRACE_HEADERS.has(name.toLowerCase()));
}
