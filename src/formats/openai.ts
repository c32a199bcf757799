import type { WireFormat } from '../contracts/wire-format.js';
import { ownFormat } from './own-formats.js';
import { decodeError } from './parse-error-body.js';

/** OpenAI's own wire format: requests and responses are passed on unchanged, only errors are read. */
export const openai: WireFormat = ownFormat({
  name: 'openai',
  path: '/chat/completions',
  decodeError,
});
