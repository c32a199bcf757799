import { isRecord } from '../util/json-object.js';

/** Members of a delta or a message that hold generated text. */
const TEXTS = ['content', 'reasoning_content', 'reasoning', 'refusal'] as const;

/**
 * UTF-8 bytes of the output in a delta or a message: text, reasoning and tool calls. Reasoning that is repeated under a
 * second name counts once.
 */
export function outputBytes(delta: unknown): number {
  if (!isRecord(delta)) return 0;
  let bytes = 0;
  for (const name of TEXTS) {
    const text = delta[name];
    if (typeof text !== 'string' || (name === 'reasoning' && typeof delta['reasoning_content'] === 'string')) continue;
    bytes += Buffer.byteLength(text);
  }
  if (Array.isArray(delta['tool_calls'])) for (const call of delta['tool_calls']) bytes += callBytes(call);
  return bytes;
}

/** UTF-8 bytes of the output of all choices. */
export function completionBytes(choices: unknown): number {
  if (!Array.isArray(choices)) return 0;
  let bytes = 0;
  for (const choice of choices as readonly unknown[]) if (isRecord(choice)) bytes += outputBytes(choice['message']);
  return bytes;
}

function callBytes(call: unknown): number {
  const called = isRecord(call) ? call['function'] : undefined;
  if (!isRecord(called)) return 0;
  const { name, arguments: input } = called;
  return (typeof name === 'string' ? name.length : 0) + (typeof input === 'string' ? Buffer.byteLength(input) : 0);
}
