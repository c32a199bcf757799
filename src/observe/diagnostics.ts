import type { Diagnostic, Logger } from '../contracts/observability.js';

/** Every diagnostic by its code: what is said of it. `docs/diagnostics.md` has a section for each. */
export const DIAGNOSTICS = {
  NORDLYS_BODY_LIMIT_IN_FRONT:
    'A JSON parser in front of the gateway refused a request as too large. Its limit is not the gateway’s bodyLimit: mount the gateway before it, or raise its limit.',
  NORDLYS_BODY_CONSUMED:
    'Something in front of the gateway has read a request body and left nothing in req.body. Mount the gateway before it.',
  NORDLYS_COMPRESSION_IN_FRONT:
    'compression() stands in front of the gateway. Streams pass it as they are, but every whole answer is compressed in this process: mount the gateway before it.',
  NORDLYS_STREAM_COMPRESSED:
    'Something in front of the gateway compressed a stream of events, although it says no-transform. Compressors hold events back: mount the gateway before it.',
  NORDLYS_RESPONSES_API:
    'A client called the Responses API (/v1/responses). This gateway serves chat completions: the client has a switch for that.',
  NORDLYS_WRONG_PATH:
    'A request that reached the gateway looks like one for an OpenAI endpoint, and no handler served its path. Look at the client’s base URL and at the path that the gateway is mounted at.',
  NORDLYS_BASE_URL_PATH:
    'A provider knows no such path, and its baseUrl names no version: /chat/completions is appended to it, /v1 never is. Most providers want it to end in /v1.',
  NORDLYS_UPSTREAM_NO_TLS:
    'A provider’s baseUrl begins with https, and what listens there does not speak TLS. Look at the port, or write http where that is meant.',
  NORDLYS_UPSTREAM_WANTS_TLS: 'A provider’s baseUrl begins with http, and what listens there wants TLS. Write https.',
  NORDLYS_UPSTREAM_CERTIFICATE:
    'A provider’s certificate was refused: it is not signed by a CA that this process trusts, has expired, or is for another name. For a CA of your own set NODE_EXTRA_CA_CERTS, or run Node with --use-system-ca.',
  NORDLYS_TRUST_PROXY_OFF:
    'A request came with X-Forwarded-For, and the app does not trust its proxy: req.ip is the proxy’s address for every caller. Set "trust proxy" to the number of proxies in front.',
  NORDLYS_TRUST_PROXY_ALL:
    'The app trusts every X-Forwarded-For ("trust proxy" is true): callers choose their own req.ip. Set it to the number of proxies in front.',
  NORDLYS_ROUTER_MODEL_UNSERVED:
    'The router’s checkpoint has models that no provider of this gateway serves. They are never chosen: add a provider, or map their names with the option models.',
  NORDLYS_UNKNOWN_OPTION:
    'An option is not known. createGateway and the stages refuse to start with it, and name the one that was probably meant.',
  NORDLYS_LIMIT_STORE:
    'The limit store failed, or took longer than limits.storeTimeoutMs. Until it is back, limits.onStoreError says what happens; what is used meanwhile is charged afterwards.',
} as const satisfies Record<string, string>;

export type DiagnosticCode = keyof typeof DIAGNOSTICS;

export interface DiagnosticOptions {
  readonly logger?: Pick<Logger, 'warn'> | undefined;
  readonly onDiagnostic?: ((diagnostic: Diagnostic) => void) | undefined;
}

/** Reports likely misconfigurations to the host, each code once. Clients never see them. Silent without a logger and `onDiagnostic`. */
export class Diagnostics {
  readonly #options: DiagnosticOptions;
  readonly #reported = new Set<DiagnosticCode>();

  constructor(options: DiagnosticOptions) {
    this.#options = options;
  }

  /** Nothing receives reports, so checks that only look for mistakes are not installed. */
  get silent(): boolean {
    return this.#options.logger === undefined && this.#options.onDiagnostic === undefined;
  }

  /** Whether `code` was reported already. */
  knows(code: DiagnosticCode): boolean {
    return this.#reported.has(code);
  }

  /**
   * @param facts - for the log line: where it was seen. Nothing that a caller has written.
   * @param detail - added to the message.
   */
  report(code: DiagnosticCode, facts: object = {}, detail?: string): void {
    if (this.#reported.has(code)) return;
    this.#reported.add(code);
    const message = detail === undefined ? DIAGNOSTICS[code] : `${DIAGNOSTICS[code]} ${detail}`;
    const help = `docs/diagnostics.md#${code.toLowerCase()}`;
    try {
      this.#options.onDiagnostic?.({ code, message, help });
      this.#options.logger?.warn({ code, help, ...facts }, message);
    } catch {
      // An error in the host's listener must not fail the request; the code counts as reported.
    }
  }
}
