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

/** The signature would not be that of the request which is sent, if it changed these. */
const FIXED: ReadonlySet<string> = new Set(['host', 'content-length', 'transfer-encoding', 'connection']);

/** A signer and the one origin that it may sign for. */
export class RequestSigner {
  readonly #signer: Signer;
  readonly #origin: string;

  constructor(signer: Signer, origin: string) {
    this.#signer = signer;
    this.#origin = origin;
  }

  /**
   * Headers that prove who sends the request, in lower case. `undefined`: the client does not wait any more.
   * @throws Error when the request goes to another origin, when the signer fails or takes too long.
   */
  async sign(
    { url, headers, body }: UnsignedRequest,
    limits: WaitLimits,
  ): Promise<Readonly<Record<string, string>> | undefined> {
    const address = new URL(url.origin + url.path);
    if (url.origin !== this.#origin || address.origin !== new URL(this.#origin).origin)
      throw new Error('A request to another origin was about to be signed.');
    const asked = await waitFor(async () => this.#signer.sign({ method: 'POST', url: address, headers, body }), limits);
    if (asked.kind === 'timed-out') throw new Error('The signer took too long.');
    return asked.kind === 'aborted' ? undefined : checked(asked.value);
  }

  /** What no client may read. */
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
