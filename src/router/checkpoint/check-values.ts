import { formatValue } from '../../options/checks.js';
import { isRecord } from '../../util/json-object.js';

/** An error about one place in a checkpoint: where, what is wrong, what came. */
export function checkpointError(path: string, rule: string, value?: unknown): TypeError {
  const received = value === undefined ? '' : `, got ${formatValue(value)}`;
  return new TypeError(`checkpoint: ${path} ${rule}${received}.`);
}

export function objectAt(path: string, value: unknown): Record<string, unknown> {
  if (value === undefined) throw checkpointError(path, 'is missing');
  if (!isRecord(value)) throw checkpointError(path, 'must be an object', value);
  return value;
}

export function listAt(path: string, value: unknown): readonly unknown[] {
  if (value === undefined) throw checkpointError(path, 'is missing');
  if (!Array.isArray(value)) throw checkpointError(path, 'must be a list', value);
  return value;
}

export function textAt(path: string, value: unknown, fallback?: string): string {
  if (value === undefined && fallback !== undefined) return fallback;
  if (value === undefined) throw checkpointError(path, 'is missing');
  if (typeof value !== 'string') throw checkpointError(path, 'must be a string', value);
  return value;
}

export function booleanAt(path: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') throw checkpointError(path, 'must be true or false', value);
}

export function numberAt(path: string, value: unknown): number {
  if (value === undefined) throw checkpointError(path, 'is missing');
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw checkpointError(path, 'must be a finite number', value);
  }
  return value;
}

/** A number with a fraction loses it, as in the published core. */
export function integerAt(path: string, value: unknown, fallback?: number): number {
  if (value === undefined && fallback !== undefined) return fallback;
  return Math.trunc(numberAt(path, value));
}

/** A list of numbers, all checked. */
export function numbersAt(path: string, value: unknown, length?: number): readonly number[] {
  const list = listAt(path, value);
  if (length !== undefined && list.length !== length) {
    throw checkpointError(path, `must have ${length} numbers, got ${list.length}`);
  }
  return list.map((entry, index) => numberAt(`${path}[${index}]`, entry));
}

/** Bytes: as they are, or as base64. */
export function bytesAt(path: string, value: unknown, length: number): Uint8Array {
  if (value === undefined) throw checkpointError(path, 'is missing');
  const bytes = typeof value === 'string' ? Buffer.from(value, 'base64') : value;
  if (!(bytes instanceof Uint8Array)) throw checkpointError(path, 'must be base64 or bytes', value);
  if (bytes.byteLength !== length) throw checkpointError(path, `must hold ${length} bytes, got ${bytes.byteLength}`);
  return bytes;
}
