import type { GatewayError, WireError } from './gateway-error.js';

/** The form of error bodies. */
export type ErrorFormat = 'openai' | 'openrouter';

/** The JSON text of an error response, or of the error event within a stream. */
export function errorBody(error: GatewayError, format: ErrorFormat): string {
  return JSON.stringify({ error: format === 'openrouter' ? inOpenRouterForm(error) : error.toWire() });
}

/** OpenRouter's SDK reads a numeric `code` only; the code itself moves to `metadata.error_type`. */
function inOpenRouterForm(error: GatewayError): Omit<WireError, 'code'> & { code: number } {
  const wire = error.toWire();
  return { ...wire, code: error.status, metadata: { error_type: error.code, ...wire.metadata } };
}
