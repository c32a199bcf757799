import type { Diagnostic, Logger } from '../contracts/observability.js';
import { GatewayError, isGatewayError, toGatewayError } from '../errors/gateway-error.js';
import { errorBody, type ErrorFormat } from '../errors/error-response.js';
import type { ErrorMiddleware } from '../http/middleware.js';
import { Diagnostics } from '../observe/diagnostics.js';
import { knownMembers, optionalOneOf } from '../options/checks.js';

/** In whose shape errors are told. */
export interface ErrorHandlerOptions {
  /** @defaultValue `'openai'` */
  readonly errorFormat?: ErrorFormat | undefined;
  /** Warned, once, of a JSON parser in front whose limit is too small. */
  readonly logger?: Pick<Logger, 'warn'> | undefined;
  /** Told the same. */
  readonly onDiagnostic?: ((diagnostic: Diagnostic) => void) | undefined;
}

/** What body-parser and http-errors call their faults, in our words. */
const PARSER_FAULTS: ReadonlyMap<string, () => GatewayError> = new Map([
  ['entity.parse.failed', () => new GatewayError('invalid_json', 'The body is not valid JSON.')],
  [
    'entity.too.large',
    () =>
      new GatewayError(
        'request_too_large',
        'The body is larger than the limit of the JSON parser in front of the gateway.',
      ),
  ],
  [
    'encoding.unsupported',
    () => new GatewayError('unsupported_content_type', 'The body must be sent without a content encoding.'),
  ],
  ['charset.unsupported', () => new GatewayError('unsupported_content_type', 'The body must be in UTF-8.')],
  ['request.aborted', () => new GatewayError('client_closed_request', 'The client left before the body was complete.')],
]);

/**
 * The host's last handler, for errors that come by `next`: ours (with `errorHandling: 'next'`), and those of `express.json()`
 * in front, which would otherwise be a page of HTML that no client can read. Other errors become a 500 without detail.
 * Half an answer is torn, not finished.
 * @throws TypeError for an option that is wrong.
 */
export function errorHandler(options: ErrorHandlerOptions = {}): ErrorMiddleware {
  knownMembers('errorHandler', options, ['errorFormat', 'logger', 'onDiagnostic']);
  const format = optionalOneOf('errorHandler: errorFormat', options.errorFormat, ['openai', 'openrouter']) ?? 'openai';
  const diagnostics = new Diagnostics(options);

  // Express tells error handlers apart by their four parameters.
  return function respondWithError(error, _req, res, _next) {
    if (res.headersSent) {
      res.destroy();
      return;
    }
    const known = translated(error);
    if (known.code === 'request_too_large' && !isGatewayError(error)) diagnostics.report('NORDLYS_BODY_LIMIT_IN_FRONT');
    const body = errorBody(known, format);
    res.writeHead(known.status, {
      ...known.headers,
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    });
    res.end(body);
  };
}

function translated(error: unknown): GatewayError {
  if (isGatewayError(error)) return error;
  const type = (error as { type?: unknown } | undefined)?.type;
  const fault = typeof type === 'string' ? PARSER_FAULTS.get(type) : undefined;
  return fault?.() ?? toGatewayError(error);
}
