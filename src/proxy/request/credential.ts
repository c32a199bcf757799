import type { UpstreamUrl } from '../../contracts/transport.js';

/**
 * An API key and the one origin it may be sent to. A key gets into a header only through `attach`, which checks the
 * request's origin, so an operator's key cannot be sent to an address that a caller chose.
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

  /** @throws Error if `url` has another origin, which would be a bug: nothing is sent then. */
  attach(headers: Record<string, string>, url: UpstreamUrl): void {
    if (url.origin !== this.origin) throw new Error('A credential must not be sent to another origin.');
    headers[this.#header] = this.#prefix + this.#value;
  }

  /** The key, only for redacting it from texts. */
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
