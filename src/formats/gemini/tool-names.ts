import { createHash } from 'node:crypto';

const LONGEST = 128;
const VALID = /^[A-Za-z_][A-Za-z0-9_.:-]{0,127}$/;

/**
 * Names of tools in both forms. Gemini takes letters, digits and `_ . : -`, at most 128, first a letter or `_`; other
 * names are changed on the way out and restored in the response.
 */
export class ToolNames {
  readonly #sent = new Map<string, string>();
  readonly #original = new Map<string, string>();

  /** @param declared - names of the request's tools: those that fit keep their names, whatever comes before them. */
  constructor(declared: readonly string[]) {
    for (const name of declared) if (VALID.test(name)) this.toWire(name);
    for (const name of declared) this.toWire(name);
  }

  toWire(name: string): string {
    const known = this.#sent.get(name);
    if (known !== undefined) return known;
    const plain = fitted(name);
    const sent = this.#original.has(plain) || plain.length > LONGEST ? hashed(plain, name) : plain;
    this.#sent.set(name, sent);
    this.#original.set(sent, name);
    return sent;
  }

  fromWire(sent: string): string {
    return this.#original.get(sent) ?? sent;
  }
}

function fitted(name: string): string {
  const plain = name.replaceAll(/[^A-Za-z0-9_.:-]/g, '_');
  return /^[A-Za-z_]/.test(plain) ? plain : `_${plain}`;
}

/** Names that became equal, or are too long, are told apart by a hash of the whole name. */
function hashed(plain: string, name: string): string {
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${plain.slice(0, LONGEST - 9)}_${digest}`;
}
