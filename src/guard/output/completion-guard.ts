import type { ResponseBody } from '../../contracts/sink.js';
import { bytesOf } from '../../http/write-body.js';
import { isRecord, type JsonObject } from '../../util/json-object.js';
import type { ResponseChannels } from './channels.js';
import { pushSlots } from './push-slots.js';
import { textSlots, type TextSlot } from './text-slots.js';

/**
 * A whole response behind its guards: the received bytes where no text was changed.
 * @throws BlockedByGuard; SyntaxError for a body that is not JSON
 */
export function guardCompletion(body: ResponseBody, channels: ResponseChannels): ResponseBody | Promise<ResponseBody> {
  const bytes = bytesOf(body);
  const completion: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
  if (!isRecord(completion) || !Array.isArray(completion['choices'])) return body;
  const choices = completion['choices'].filter(isRecord);
  const slots = choices.flatMap((choice, position) => slotsOf(choice, position, channels));
  return pushSlots(slots, () => {
    if (!slots.some(({ isChanged }) => isChanged)) return body;
    // Tokens of log probabilities spell the text out as the model wrote it.
    for (const choice of choices) if (isRecord(choice['logprobs'])) choice['logprobs'] = null;
    return Buffer.from(JSON.stringify(completion));
  });
}

function slotsOf(choice: JsonObject, position: number, channels: ResponseChannels): TextSlot[] {
  const { index, message } = choice;
  const at = typeof index === 'number' ? index : position;
  return isRecord(message) ? textSlots(message, at, true, channels) : [];
}
