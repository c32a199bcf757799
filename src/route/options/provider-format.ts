import type { WireFormat } from '../../contracts/wire-format.js';
import { anthropic } from '../../formats/anthropic/anthropic.js';
import { azure } from '../../formats/azure/azure.js';
import { bedrock } from '../../formats/bedrock/bedrock.js';
import { gemini } from '../../formats/gemini/gemini.js';
import { openai } from '../../formats/openai.js';
import { isRecord } from '../../util/json-object.js';
import { formatValue, optionError } from '../../options/checks.js';
import type { FormatName } from '../../options/provider-types.js';

const FORMATS: ReadonlyMap<unknown, () => WireFormat> = new Map<FormatName, () => WireFormat>([
  ['openai', () => openai],
  ['anthropic', anthropic],
  ['gemini', gemini],
  ['vertex', () => gemini({ door: 'vertex' })],
  ['bedrock', bedrock],
  ['azure', azure],
]);

/** The names of the built-in formats. */
export const FORMAT_NAMES: readonly unknown[] = [...FORMATS.keys()];

/** The format of a provider, by name or as an object. */
export function resolveFormat(path: string, value: unknown): WireFormat {
  if (value === undefined || value === null) return openai;
  const named = FORMATS.get(value);
  if (named !== undefined) return named();
  if (isWireFormat(value)) return value;
  const names = FORMAT_NAMES.map(formatValue).join(', ');
  throw optionError(path, `must be ${names} or a WireFormat with a name and a path`, value);
}

function isWireFormat(value: unknown): value is WireFormat {
  if (!isRecord(value)) return false;
  const { name, path, exchange, pathFor } = value;
  if (typeof name !== 'string' || name === '' || typeof path !== 'string') return false;
  // If the path depends on the request, `path` is only the common beginning.
  const isDynamic = typeof exchange === 'function' || typeof pathFor === 'function';
  return path.startsWith('/') || (path === '' && isDynamic);
}
