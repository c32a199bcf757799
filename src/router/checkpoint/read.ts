import { readFile } from 'node:fs/promises';
import { checkpointError, integerAt, objectAt } from './check-values.js';
import { parseCheckpoint } from './parse.js';
import type { Checkpoint } from './types.js';
import { isRecord } from '../../util/json-object.js';

/** How a checkpoint file is read. */
export interface ReadCheckpointOptions {
  /** `'msgpack'` or `'json'`. @defaultValue by the name: `.msgpack` in any letter case is msgpack, all else JSON. */
  readonly format?: 'json' | 'msgpack' | undefined;
  /** Decodes msgpack. @defaultValue `decode` of `@msgpack/msgpack`, which you install yourself */
  readonly decode?: ((bytes: Uint8Array) => unknown) | undefined;
}

/**
 * Reads a checkpoint file, JSON or msgpack.
 * @throws TypeError naming the place in the file, or the package to install.
 * @example
 * const checkpoint = await readCheckpoint('checkpoint.json');
 */
export async function readCheckpoint(path: string, options: ReadCheckpointOptions = {}): Promise<Checkpoint> {
  const format = options.format ?? (path.toLowerCase().endsWith('.msgpack') ? 'msgpack' : 'json');
  const bytes = await readFile(path);
  return format === 'json' ? parseCheckpoint(parseText(bytes)) : decodeCheckpoint(bytes, options);
}

/**
 * A checkpoint in msgpack form. @throws TypeError naming the place, or the package to install.
 *
 * @example
 * const checkpoint = await decodeCheckpoint(await readFile('checkpoint.msgpack'));
 */
export async function decodeCheckpoint(
  bytes: Uint8Array,
  { decode }: Pick<ReadCheckpointOptions, 'decode'> = {},
): Promise<Checkpoint> {
  const decoder = decode ?? (await defaultDecoder());
  return parseCheckpoint(fromMsgpack(decoder(bytes)));
}

function parseText(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw new TypeError(`checkpoint: the file is not JSON: ${String((error as Error).message)}`, { cause: error });
  }
}

async function defaultDecoder(): Promise<(bytes: Uint8Array) => unknown> {
  try {
    const { decode } = (await import(MSGPACK)) as { decode(bytes: Uint8Array): unknown };
    return decode;
  } catch (error) {
    throw new TypeError(
      'checkpoint: msgpack needs the package @msgpack/msgpack (npm install @msgpack/msgpack), or the option decode.',
      {
        cause: error,
      },
    );
  }
}

/** An optional peer: its types are not ours to require. */
const MSGPACK: string = '@msgpack/msgpack';

/** The JSON form of what a msgpack checkpoint holds: packed centroids and JSON texts are unpacked. */
function fromMsgpack(value: unknown): unknown {
  if (!isRecord(value)) throw new TypeError('checkpoint: the file holds no msgpack map.');
  if (value['metrics'] === null) throw checkpointError('metrics', 'must be a map, or left out', null);
  return {
    ...value,
    cluster_centers: unpackCenters(value['cluster_centers']),
    reduction: unpackReduction(value['reduction']),
  };
}

function unpackCenters(value: unknown): unknown {
  const { rows, cols, data } = objectAt('cluster_centers', value);
  const height = integerAt('cluster_centers.rows', rows);
  const width = integerAt('cluster_centers.cols', cols);
  if (height <= 0 || width <= 0) throw checkpointError('cluster_centers', 'must have rows and cols above 0');
  if (!(data instanceof Uint8Array)) throw checkpointError('cluster_centers.data', 'must be bytes (BIN)', data);
  if (data.byteLength !== height * width * 4) {
    throw checkpointError(
      'cluster_centers.data',
      `must hold rows · cols · 4 = ${height * width * 4} bytes, got ${data.byteLength}`,
    );
  }
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Array.from({ length: height }, (_, row) =>
    Array.from({ length: width }, (_, column) => view.getFloat32((row * width + column) * 4, true)),
  );
}

function unpackReduction(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const text = (name: string): unknown => {
    const member = value[name];
    if (member === undefined) return undefined;
    if (typeof member !== 'string') throw checkpointError(`reduction.${name}`, 'must be a string of JSON', member);
    return parseText(Buffer.from(member));
  };
  return { ...value, config: text('config'), state: text('state') };
}
