import type { Diagnostic, Logger } from '../contracts/observability.js';
import { GatewayError, isGatewayError, toGatewayError } from '../errors/gateway-error.js';
import { errorBody, type ErrorFormat } from '../errors/error-response.js';
import type { ErrorMiddleware } from '../http/middleware.js';
import { Diagnostics } from '../observe/diagnostics.js';
import { defineOptions, type RowsFor } from '../options/group.js';
import { func, withMethods } from '../options/rows.js';
import { COMMON } from '../options/tables/common.js';

/** Options of `errorHandler`. */
export interface ErrorHandlerOptions {
  /** Body of errors: OpenAI's, or OpenRouter's with a numeric `code`. @defaultValue `'openai'` */
  readonly errorFormat?: ErrorFormat | undefined;
  /** Gets one warning about a JSON parser in front of the gateway whose limit is too small. */
  readonly logger?: Pick<Logger, 'warn'> | undefined;
  /** Called with the same diagnostic. */
  readonly onDiagnostic?: ((diagnostic: Diagnostic) => void) | undefined;
}

export const ERROR_HANDLER = defineOptions({
  path: 'errorHandler',
  prefix: 'errorHandler: ',
  rows: {
    errorFormat: COMMON.rows.errorFormat,
    logger: withMethods<Pick<Logger, 'warn'>>(
      'a logger with `warn`',
      ['warn'],
      'Gets one warning where a JSON parser in front of the gateway has too small a limit.',
    ),
    onDiagnostic: func<(diagnostic: Diagnostic) => void>('(diagnostic) => void', 'Gets the same diagnostic.'),
  } satisfies RowsFor<ErrorHandlerOptions>,
});

/** Error types of body-parser and http-errors, as gateway errors. */
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
  [
    'request.aborted',
    () => new GatewayError('client_closed_request', 'The client disconnected before the body was complete.'),
  ],
]);

/**
 * An Express error handler for errors passed to `next`: the gateway's (with `errorHandling: 'next'`) and those of
 * `express.json()` in front of it, which Express would send as HTML. Other errors become a 500 without detail. A response
 * that has begun is destroyed, not completed.
 * @throws TypeError for an invalid option
 * @example
 * app.use(express.json(), gateway, errorHandler());
 */
export function errorHandler(options: ErrorHandlerOptions = {}): ErrorMiddleware {
  const { errorFormat, logger, onDiagnostic } = ERROR_HANDLER.parse(options);
  const diagnostics = new Diagnostics({ logger, onDiagnostic });

  // Express recognises error handlers by their four parameters.
  return function respondWithError(error, _req, res, _next) {
    if (res.headersSent) {
      res.destroy();
      return;
    }
    const known = translated(error);
    if (known.code === 'request_too_large' && !isGatewayError(error)) diagnostics.report('NORDLYS_BODY_LIMIT_IN_FRONT');
    const body = errorBody(known, errorFormat);
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
