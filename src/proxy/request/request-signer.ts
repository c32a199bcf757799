import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { UpstreamUrl } from '../../contracts/transport.js';
import type { Signer } from '../../contracts/wire-format.js';
import { waitFor, type WaitLimits } from '../../util/wait-for.js';

/** An upstream request before it is signed. */
export interface UnsignedRequest {
  readonly url: UpstreamUrl;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Headers that a signer must not set: the gateway sets them after the signature, so they would not match it. */
const FIXED: ReadonlySet<string> = new Set(['host', 'content-length', 'transfer-encoding', 'connection']);

/** A signer and the one origin it may sign requests for. */
export class RequestSigner {
  readonly #signer: Signer;
  readonly #origin: string;

  constructor(signer: Signer, origin: string) {
    this.#signer = signer;
    this.#origin = origin;
  }

  /**
   * The headers of the signature, in lower case. `undefined`: the attempt was cancelled.
   * @throws Error if the request goes to another origin, or the signer fails or takes too long.
   */
  async sign(
    { url, headers, body }: UnsignedRequest,
    limits: WaitLimits,
  ): Promise<Readonly<Record<string, string>> | undefined> {
    const address = new URL(url.origin + url.path);
    if (url.origin !== this.#origin || address.origin !== new URL(this.#origin).origin)
      throw new Error('A request to another origin must not be signed.');
    const signed = await waitFor(
      async () => this.#signer.sign({ method: 'POST', url: address, headers, body }),
      limits,
    );
    if (signed.kind === 'timed-out') throw new Error('The signer took too long.');
    return signed.kind === 'aborted' ? undefined : checked(signed.value);
  }

  /** Texts that must never reach a client. */
  secrets(): readonly string[] {
    return this.#signer.secrets();
  }
}

function checked(signed: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const headers: [string, string][] = Object.entries(signed).map(([name, value]) => {
    const key = name.toLowerCase();
    if (FIXED.has(key)) throw new TypeError(`A signer must not set the header "${key}".`);
    validateHeaderName(key);
    validateHeaderValue(key, value);
    return [key, value];
  });
  return Object.fromEntries(headers);
}
