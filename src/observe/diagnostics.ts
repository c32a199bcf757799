import type { Diagnostic, Logger } from '../contracts/observability.js';

/** Every diagnostic by its code: its message. `docs/diagnostics.md` has a section for each. */
export const DIAGNOSTICS = {
  NORDLYS_BODY_LIMIT_IN_FRONT:
    'A JSON parser in front of the gateway refused a request as too large, by its own limit and not by bodyLimit. Mount the gateway before the parser, or raise its limit.',
  NORDLYS_BODY_CONSUMED:
    'A middleware in front of the gateway has read a request body and left nothing in req.body. Mount the gateway before it.',
  NORDLYS_COMPRESSION_IN_FRONT:
    'compression() is mounted in front of the gateway. It leaves streams alone, but compresses every whole response in this process. Mount the gateway before it.',
  NORDLYS_STREAM_COMPRESSED:
    'A middleware in front of the gateway compressed an event stream despite no-transform. Compressors delay events. Mount the gateway before it.',
  NORDLYS_RESPONSES_API:
    'A client called the Responses API (/v1/responses). This gateway serves chat completions; the client has a setting for them.',
  NORDLYS_WRONG_PATH:
    'A request for what looks like an OpenAI endpoint was served neither by the gateway nor by the app. Check the base URL of the client and the mount path of the gateway.',
  NORDLYS_BASE_URL_PATH:
    'A provider does not know the path, and its baseUrl contains no version. The gateway appends /chat/completions and never /v1; most providers need a baseUrl that ends in /v1.',
  NORDLYS_UPSTREAM_NO_TLS:
    'A baseUrl begins with https, and the server there does not speak TLS. Correct the port, or write http.',
  NORDLYS_UPSTREAM_WANTS_TLS: 'A baseUrl begins with http, and the server there requires TLS. Write https.',
  NORDLYS_UPSTREAM_CERTIFICATE:
    'The certificate of a provider was refused: its authority is not trusted here, it has expired, or it is for another name. For a private authority set network.ca or NODE_EXTRA_CA_CERTS, or run Node with --use-system-ca.',
  NORDLYS_TRUST_PROXY_OFF:
    'A request has X-Forwarded-For, and "trust proxy" is off: req.ip is the address of the proxy for every client. Set "trust proxy" to the number of proxies in front.',
  NORDLYS_TRUST_PROXY_ALL:
    '"trust proxy" is true: clients choose their own req.ip by X-Forwarded-For. Set it to the number of proxies in front.',
  NORDLYS_ROUTER_MODEL_UNSERVED:
    'The checkpoint of the router has models that no provider of this gateway serves. They are never chosen. Add a provider, or map their names with the option models.',
  NORDLYS_UNKNOWN_OPTION:
    'An option is unknown. It is refused at start-up, and the message names the option that was probably meant.',
  NORDLYS_LIMIT_STORE:
    'The limit store failed, or took longer than limits.storeTimeoutMs. Until it is back, limits.onStoreError applies; usage in the meantime is charged afterwards.',
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
