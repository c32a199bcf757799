const BYTE_ORDER_MARK = 0xfeff;

/** The value of a JSON text, or of its bytes in UTF-8. `undefined`: not JSON. A leading byte order mark is ignored. */
export function parseJson(text: string | Buffer, parse: (text: string) => unknown = parseText): unknown {
  try {
    return parse(withoutByteOrderMark(typeof text === 'string' ? text : text.toString('utf8')));
  } catch {
    return undefined;
  }
}

function parseText(text: string): unknown {
  return JSON.parse(text) as unknown;
}

/** JSON does not allow a byte order mark, and few clients accept one. */
export function withoutByteOrderMark(text: string): string {
  return text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
}

/** The same for bytes in UTF-8. */
export function bytesWithoutByteOrderMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}
