import type { UpstreamUrl } from '../../contracts/transport.js';

/**
 * A key and the one origin it may be sent to. The only way from a key into a header is `attach`, which asks where
 * the request goes: an operator's key cannot follow an address that a caller chose.
 */
export class Credential {
  readonly origin: string;
  readonly #value: string;
  readonly #header: string;
  readonly #prefix: string;

  constructor(value: string, origin: string, auth: { readonly header: string; readonly prefix: string }) {
    this.#value = value;
    this.origin = origin;
    this.#header = auth.header;
    this.#prefix = auth.prefix;
  }

  /** @throws Error when `url` is not of the credential's origin. Never happens; nothing is sent if it does. */
  attach(headers: Record<string, string>, url: UpstreamUrl): void {
    if (url.origin !== this.origin) throw new Error('A credential was about to leave its origin.');
    headers[this.#header] = this.#prefix + this.#value;
  }

  /** The key, for taking it out of texts. Not for putting it into any. */
  get secret(): string {
    return this.#value;
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }
}
