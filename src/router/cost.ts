import { optionError } from '../options/checks.js';
import { isRecord } from '../util/json-object.js';

/** USD per million tokens; USD per request. */
export interface ModelPrice {
  /** USD per million prompt tokens. */
  readonly prompt: number;
  /** USD per million completion tokens. */
  readonly completion: number;
  /** USD per request. */
  readonly request?: number | undefined;
}

/** Tokens that a request is expected to use. */
export interface ExpectedTokens {
  readonly prompt: number;
  readonly completion: number;
}

/** Completion tokens that are expected where nothing better is known. */
export const DEFAULT_COMPLETION_TOKENS = 400;

/** Expected USD of one request. */
export function expectedUsd({ prompt, completion, request = 0 }: ModelPrice, tokens: ExpectedTokens): number {
  return (prompt * tokens.prompt + completion * tokens.completion) / 1_000_000 + request;
}

/** About how many tokens a text has. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / 4);
}

/** @throws TypeError naming the model at fault. */
export function checkPrices(path: string, value: unknown): ReadonlyMap<string, ModelPrice> {
  if (!isRecord(value)) throw optionError(path, 'must be an object of prices by model', value);
  return new Map(
    Object.entries(value).map(([model, price]) => [model, checkPrice(`${path}[${JSON.stringify(model)}]`, price)]),
  );
}

function checkPrice(path: string, value: unknown): ModelPrice {
  if (!isRecord(value)) throw optionError(path, 'must be { prompt, completion } in USD per million tokens', value);
  const [prompt, completion, request] = ['prompt', 'completion', 'request'].map((name) => {
    const price = value[name] ?? (name === 'request' ? 0 : undefined);
    if (typeof price === 'number' && price >= 0 && Number.isFinite(price)) return price;
    throw optionError(`${path}.${name}`, 'must be a number, 0 or more', price);
  });
  return { prompt: prompt!, completion: completion!, request: request! };
}
