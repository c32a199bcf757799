import { isRecord, type JsonObject } from '../util/json-object.js';

/**
 * Copies `usage` to where OpenAI has it, in place: Moonshot writes it into the choice, Groq of old into `x_groq`.
 * False where there is nothing to do.
 */
export function liftUsage(body: JsonObject): boolean {
  if (isRecord(body['usage'])) return false;
  const { choices } = body;
  const found = usageIn(body['x_groq']) ?? usageIn(Array.isArray(choices) ? choices.at(-1) : undefined);
  if (found === undefined) return false;
  body['usage'] = found;
  return true;
}

function usageIn(value: unknown): JsonObject | undefined {
  return isRecord(value) && isRecord(value['usage']) ? value['usage'] : undefined;
}
