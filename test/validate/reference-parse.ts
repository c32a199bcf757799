/** The value of a JSON text by RFC 8259, and whether it has duplicate members. */
export interface Meaning {
  readonly value: unknown;
  /** A member that its object has already; the last one counts. */
  readonly repeats: boolean;
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
const STRING = /"(?:[^"\\]|\\.)*"/sy;
const SCALAR = /-?\d[\d.eE+-]*|true|false|null/y;
const SPACE = /[ \n\r\t]*/y;

/**
 * Reads a valid JSON text. JSON.parse cannot check itself: V8 misreads some keys (nodejs/node#63785), and it does not
 * show which members were repeated.
 */
export function referenceParse(text: string): Meaning {
  let at = 0;
  let repeats = false;

  function take(pattern: RegExp): string {
    pattern.lastIndex = at;
    const [found = ''] = pattern.exec(text) ?? [];
    at += found.length;
    return found;
  }

  function takeMark(): string {
    take(SPACE);
    return text[at++] ?? '';
  }

  function next(): string {
    take(SPACE);
    return text[at] ?? '';
  }

  function readString(): string {
    take(SPACE);
    const quoted = take(STRING);
    return quoted
      .slice(1, -1)
      .replace(/\\(?:u(.{4})|(.))/gs, (_all, hex: string | undefined, letter: string) =>
        hex === undefined ? (ESCAPES[letter] ?? letter) : String.fromCharCode(Number.parseInt(hex, 16)),
      );
  }

  function readMembers(): unknown {
    const members = new Map<string, unknown>();
    takeMark();
    while (next() !== '}') {
      const key = readString();
      takeMark();
      repeats ||= members.has(key);
      members.set(key, read());
      if (next() === ',') takeMark();
    }
    takeMark();
    return Object.fromEntries(members);
  }

  function readItems(): unknown[] {
    const items: unknown[] = [];
    takeMark();
    while (next() !== ']') {
      items.push(read());
      if (next() === ',') takeMark();
    }
    takeMark();
    return items;
  }

  function read(): unknown {
    const first = next();
    if (first === '{') return readMembers();
    if (first === '[') return readItems();
    if (first === '"') return readString();
    const scalar = take(SCALAR);
    if (scalar === '') throw new SyntaxError(`No JSON at ${at}: ${text.slice(at, at + 20)}`);
    return scalar === 'null' ? null : scalar === 'true' || (scalar === 'false' ? false : Number(scalar));
  }

  const value = read();
  if (next() !== '') throw new SyntaxError(`More than one value: ${text.slice(at, at + 20)}`);
  return { value, repeats };
}
