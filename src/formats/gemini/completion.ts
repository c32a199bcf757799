import { assembleCompletion } from '../../chat/assemble.js';
import type { ChatCompletion } from '../../chat/types.js';
import { FailedResponse } from '../../contracts/failed-response.js';
import { failureOf } from './failed-response.js';
import { ResponseReader, type ReaderSettings } from './response-reader.js';

/**
 * A whole response as `chat.completion`: read as a stream of one event, so that both forms have the same content.
 * @param streamed - a stream was requested: then a missing finish reason means that the body was cut.
 * @throws FailedResponse where the body is no complete response.
 */
export function readCompletion(body: unknown, settings: ReaderSettings, streamed: boolean): ChatCompletion {
  const reader = new ResponseReader(settings);
  const chunks = reader.read(body);
  const { failure } = reader;
  if (failure !== undefined) throw failureOf(failure);
  const last = reader.finish(streamed || Array.isArray(body) ? undefined : 'FINISH_REASON_UNSPECIFIED');
  if (typeof last === 'string') throw new FailedResponse(last, `The response is ${last}.`);
  return assembleCompletion([...chunks, ...last]);
}
