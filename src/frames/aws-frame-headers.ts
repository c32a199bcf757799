/** The text headers of one frame, by name. Headers of other types are skipped. */
export type FrameHeaders = ReadonlyMap<string, string>;

/** Length of a header's value in bytes, by type; the values of 6 (bytes) and 7 (text) begin with their length. */
const FIXED_LENGTHS: ReadonlyMap<number, number> = new Map([
  [0, 0],
  [1, 0],
  [2, 1],
  [3, 2],
  [4, 4],
  [5, 8],
  [8, 8],
  [9, 16],
]);
const BYTES = 6;
const TEXT = 7;

/** Reads the header block of a frame; `undefined` if it is malformed. */
export function readFrameHeaders(block: Buffer): FrameHeaders | undefined {
  const headers = new Map<string, string>();
  let at = 0;
  while (at < block.length) {
    const nameLength = block[at]!;
    const typeAt = at + 1 + nameLength;
    if (nameLength === 0 || typeAt >= block.length) return undefined;
    const value = valueRange(block, typeAt);
    if (value === undefined || value.end > block.length) return undefined;
    if (block[typeAt] === TEXT) {
      headers.set(block.toString('utf8', at + 1, typeAt), block.toString('utf8', value.start, value.end));
    }
    at = value.end;
  }
  return headers;
}

function valueRange(block: Buffer, typeAt: number): { start: number; end: number } | undefined {
  const type = block[typeAt]!;
  if (type !== BYTES && type !== TEXT) {
    const length = FIXED_LENGTHS.get(type);
    return length === undefined ? undefined : { start: typeAt + 1, end: typeAt + 1 + length };
  }
  const start = typeAt + 3;
  if (start > block.length) return undefined;
  return { start, end: start + block.readUInt16BE(typeAt + 1) };
}
